#!/usr/bin/env node
// Plain JavaScript, so that every supported Node can start it; registers the TypeScript loader, then runs the command line.
import { register } from 'tsx/esm/api';

register();
await import('./cli/process.ts');
