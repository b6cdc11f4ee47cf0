#!/usr/bin/env node
// The program `graft`, in plain JavaScript so that every supported Node can start it.
import { compiled } from './package/compiled.js';

await import(await compiled('graft'));
