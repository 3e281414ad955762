import { f32, nn, program } from 'vorab';
import { sizes } from '../sizes.ts';

const { in: width, hidden, out } = sizes<'in' | 'hidden' | 'out'>('tiny');
const net = nn.sequential(nn.linear(width, hidden), nn.relu(), nn.linear(hidden, out));

export const run = program({ x: f32(1, width) }, ({ x }) => ({ y: net(x) }));
