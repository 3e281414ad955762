export * as fb from './generated/vorab/fb.ts';
