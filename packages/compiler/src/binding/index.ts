export { type BindingOptions, generateBinding } from './generate.ts';
export { formatBounds, formatExpr, formatType, readType } from './types.ts';
