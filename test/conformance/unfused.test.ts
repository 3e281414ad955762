import { conformance } from './suite.ts';

conformance(false);
