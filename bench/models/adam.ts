import { f32, init, parameter, program, state, update } from 'vorab';
import { sizes } from '../sizes.ts';

const { n } = sizes<'n'>('adam');
const p = parameter(f32(n), init.normal());
const m = state(f32(n), init.normal());
const v = state(f32(n), init.uniform(0, 1));

export const run = program({ g: f32(n) }, ({ g }) => {
  const mean = m.mul(0.9).add(g.mul(0.1));
  const square = v.mul(0.999).add(g.mul(g).mul(0.001));
  update(m, mean);
  update(v, square);
  update(p, p.sub(mean.mul(1e-3).div(square.sqrt().add(1e-8))));
  return {};
});
