#!/usr/bin/env node
// npm links this file before the first build, so it stands outside dist.
import '../dist/cli.js';
