// Generated from schema/vorab.fbs by `npm run generate`.
import type { TableLayout } from '../layout.ts';

export const tables: readonly TableLayout[] = [
  { name: 'Symbol', fields: [
    { name: 'name', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
    { name: 'min', slot: 1, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
    { name: 'max', slot: 2, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
    { name: 'multiple_of', slot: 3, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
  ] },
  { name: 'TensorType', fields: [
    { name: 'dtype', slot: 0, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
    { name: 'shape', slot: 1, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'IntAttr', fields: [
    { name: 'value', slot: 0, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
  ] },
  { name: 'FloatAttr', fields: [
    { name: 'value', slot: 0, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
  ] },
  { name: 'BoolAttr', fields: [
    { name: 'value', slot: 0, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
  ] },
  { name: 'StringAttr', fields: [
    { name: 'value', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'IntsAttr', fields: [
    { name: 'value', slot: 0, kind: 'Inlines', required: true, size: 8, align: 8, ref: 0 },
  ] },
  { name: 'DTypeAttr', fields: [
    { name: 'value', slot: 0, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
  ] },
  { name: 'DimAttr', fields: [
    { name: 'value', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'ShapeAttr', fields: [
    { name: 'value', slot: 0, kind: 'Inlines', required: true, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'FunctionAttr', fields: [
    { name: 'value', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'ConstantAttr', fields: [
    { name: 'value', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'BoolsAttr', fields: [
    { name: 'value', slot: 0, kind: 'Inlines', required: true, size: 1, align: 1, ref: 0 },
  ] },
  { name: 'Attribute', fields: [
    { name: 'value', slot: 1, kind: 'Union', required: true, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'Node', fields: [
    { name: 'op', slot: 0, kind: 'Inline', required: false, size: 2, align: 2, ref: 0 },
    { name: 'inputs', slot: 1, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'attributes', slot: 2, kind: 'Tables', required: false, size: 4, align: 4, ref: 13 },
    { name: 'outputs', slot: 3, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'locations', slot: 4, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'Function', fields: [
    { name: 'name', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
    { name: 'parameters', slot: 1, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'nodes', slot: 2, kind: 'Tables', required: false, size: 4, align: 4, ref: 14 },
    { name: 'results', slot: 3, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'State', fields: [
    { name: 'name', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
    { name: 'type', slot: 1, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'kind', slot: 2, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
    { name: 'trainable', slot: 3, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
  ] },
  { name: 'Port', fields: [
    { name: 'name', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
    { name: 'type', slot: 1, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'doc', slot: 2, kind: 'String', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'Entry', fields: [
    { name: 'name', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
    { name: 'doc', slot: 1, kind: 'String', required: false, size: 4, align: 4, ref: 0 },
    { name: 'kind', slot: 2, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
    { name: 'function', slot: 3, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'inputs', slot: 4, kind: 'Tables', required: false, size: 4, align: 4, ref: 17 },
    { name: 'outputs', slot: 5, kind: 'Tables', required: false, size: 4, align: 4, ref: 17 },
    { name: 'reads', slot: 6, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'writes', slot: 7, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'location', slot: 8, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'symbols', slot: 9, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'Value', fields: [
    { name: 'type', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'storage', slot: 1, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
    { name: 'index', slot: 2, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'offset', slot: 3, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
    { name: 'bytes', slot: 4, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
  ] },
  { name: 'Access', fields: [
    { name: 'value', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'offset', slot: 1, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'strides', slot: 2, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'Fused', fields: [
    { name: 'dims', slot: 0, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'reduced', slot: 1, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
    { name: 'inner', slot: 2, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
    { name: 'accesses', slot: 3, kind: 'Tables', required: false, size: 4, align: 4, ref: 20 },
    { name: 'tape', slot: 4, kind: 'Inlines', required: false, size: 24, align: 8, ref: 0 },
  ] },
  { name: 'Contract', fields: [
    { name: 'batch', slot: 0, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'm', slot: 1, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'n', slot: 2, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'k', slot: 3, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'a', slot: 4, kind: 'Table', required: true, size: 4, align: 4, ref: 20 },
    { name: 'b', slot: 5, kind: 'Table', required: true, size: 4, align: 4, ref: 20 },
    { name: 'epilogue', slot: 6, kind: 'Table', required: true, size: 4, align: 4, ref: 21 },
  ] },
  { name: 'Apply', fields: [
    { name: 'op', slot: 0, kind: 'Inline', required: false, size: 2, align: 2, ref: 0 },
    { name: 'inputs', slot: 1, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'outputs', slot: 2, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'attributes', slot: 3, kind: 'Tables', required: false, size: 4, align: 4, ref: 13 },
  ] },
  { name: 'Body', fields: [
    { name: 'carries', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'values', slot: 1, kind: 'Tables', required: false, size: 4, align: 4, ref: 19 },
    { name: 'steps', slot: 2, kind: 'Tables', required: false, size: 4, align: 4, ref: 31 },
    { name: 'arena_bytes', slot: 3, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
  ] },
  { name: 'Control', fields: [
    { name: 'op', slot: 0, kind: 'Inline', required: false, size: 2, align: 2, ref: 0 },
    { name: 'inputs', slot: 1, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'outputs', slot: 2, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'attributes', slot: 3, kind: 'Tables', required: false, size: 4, align: 4, ref: 13 },
    { name: 'bodies', slot: 4, kind: 'Tables', required: false, size: 4, align: 4, ref: 24 },
    { name: 'scratch', slot: 5, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'Call', fields: [
    { name: 'entry', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'inputs', slot: 1, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'outputs', slot: 2, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'reads', slot: 3, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'writes', slot: 4, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'Transfer', fields: [
    { name: 'input', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'output', slot: 1, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'Kernel', fields: [
    { name: 'name', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
    { name: 'inputs', slot: 1, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'outputs', slot: 2, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'sizes', slot: 3, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'rows', slot: 4, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'threads', slot: 5, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'group', slot: 6, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'header', slot: 7, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'source', slot: 8, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'steps', slot: 9, kind: 'Tables', required: false, size: 4, align: 4, ref: 31 },
  ] },
  { name: 'PlacementCost', fields: [
    { name: 'target', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
    { name: 'ns', slot: 1, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
    { name: 'problem', slot: 2, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'Placement', fields: [
    { name: 'reason', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'costs', slot: 1, kind: 'Tables', required: false, size: 4, align: 4, ref: 29 },
  ] },
  { name: 'Step', fields: [
    { name: 'body', slot: 1, kind: 'Union', required: true, size: 4, align: 4, ref: 1 },
    { name: 'name', slot: 2, kind: 'String', required: false, size: 4, align: 4, ref: 0 },
    { name: 'reason', slot: 3, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'border', slot: 4, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'nodes', slot: 5, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'locations', slot: 6, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'placement', slot: 7, kind: 'Table', required: false, size: 4, align: 4, ref: 30 },
    { name: 'accumulates', slot: 8, kind: 'Inlines', required: false, size: 1, align: 1, ref: 0 },
  ] },
  { name: 'Region', fields: [
    { name: 'target', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
    { name: 'steps', slot: 1, kind: 'Tables', required: false, size: 4, align: 4, ref: 31 },
  ] },
  { name: 'CastRecord', fields: [
    { name: 'from', slot: 0, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
    { name: 'to', slot: 1, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
    { name: 'reason', slot: 2, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'location', slot: 3, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'EntryPlan', fields: [
    { name: 'entry', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'values', slot: 1, kind: 'Tables', required: false, size: 4, align: 4, ref: 19 },
    { name: 'regions', slot: 2, kind: 'Tables', required: false, size: 4, align: 4, ref: 32 },
    { name: 'arena_bytes', slot: 3, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
    { name: 'peak_bytes', slot: 4, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
    { name: 'first_write', slot: 5, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'casts', slot: 6, kind: 'Tables', required: false, size: 4, align: 4, ref: 33 },
  ] },
  { name: 'Plan', fields: [
    { name: 'name', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
    { name: 'targets', slot: 1, kind: 'Strings', required: false, size: 4, align: 4, ref: 0 },
    { name: 'entries', slot: 2, kind: 'Tables', required: false, size: 4, align: 4, ref: 34 },
    { name: 'part', slot: 3, kind: 'Inline', required: false, size: 1, align: 1, ref: 0 },
    { name: 'parts', slot: 4, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'holds', slot: 5, kind: 'Inlines', required: false, size: 4, align: 4, ref: 0 },
    { name: 'router', slot: 6, kind: 'String', required: false, size: 4, align: 4, ref: 0 },
    { name: 'calibration', slot: 7, kind: 'String', required: false, size: 4, align: 4, ref: 0 },
    { name: 'requires', slot: 8, kind: 'Strings', required: false, size: 4, align: 4, ref: 0 },
  ] },
  { name: 'Segment', fields: [
    { name: 'offset', slot: 0, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
    { name: 'length', slot: 1, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
    { name: 'alignment', slot: 2, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'sha256', slot: 3, kind: 'Inline', required: true, size: 32, align: 1, ref: 0 },
  ] },
  { name: 'Constant', fields: [
    { name: 'type', slot: 0, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'segment', slot: 1, kind: 'Inline', required: false, size: 4, align: 4, ref: 0 },
    { name: 'offset', slot: 2, kind: 'Inline', required: false, size: 8, align: 8, ref: 0 },
  ] },
  { name: 'Program', fields: [
    { name: 'producer', slot: 0, kind: 'String', required: true, size: 4, align: 4, ref: 0 },
    { name: 'required_features', slot: 1, kind: 'Strings', required: false, size: 4, align: 4, ref: 0 },
    { name: 'strings', slot: 2, kind: 'Strings', required: false, size: 4, align: 4, ref: 0 },
    { name: 'symbols', slot: 3, kind: 'Tables', required: false, size: 4, align: 4, ref: 0 },
    { name: 'exprs', slot: 4, kind: 'Inlines', required: false, size: 24, align: 8, ref: 0 },
    { name: 'types', slot: 5, kind: 'Tables', required: false, size: 4, align: 4, ref: 1 },
    { name: 'files', slot: 6, kind: 'Strings', required: false, size: 4, align: 4, ref: 0 },
    { name: 'locations', slot: 7, kind: 'Inlines', required: false, size: 12, align: 4, ref: 0 },
    { name: 'constants', slot: 8, kind: 'Tables', required: false, size: 4, align: 4, ref: 37 },
    { name: 'segments', slot: 9, kind: 'Tables', required: false, size: 4, align: 4, ref: 36 },
    { name: 'states', slot: 10, kind: 'Tables', required: false, size: 4, align: 4, ref: 16 },
    { name: 'functions', slot: 11, kind: 'Tables', required: false, size: 4, align: 4, ref: 15 },
    { name: 'entries', slot: 12, kind: 'Tables', required: false, size: 4, align: 4, ref: 18 },
    { name: 'plans', slot: 13, kind: 'Tables', required: false, size: 4, align: 4, ref: 35 },
  ] },
];
export const root = 38;
export const unions: readonly (readonly number[])[] = [
  [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  [21, 22, 23, 25, 26, 27, 28],
];
