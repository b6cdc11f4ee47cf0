import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { missingPackages, runPython, without } from '../support/process/python.ts';

const missing = missingPackages('numpy');

describe('the ROS 2 node', () => {
  it.skipIf(missing.length > 0)(
    `reads images and cameras, and writes poses, without ROS${without(missing)}`,
    async () => {
      expect(await runPython([fileURLToPath(new URL('ros2.py', import.meta.url))])).toBe('ok\n');
    },
  );
});
