import { conformance } from './suite.ts';

conformance(true);
