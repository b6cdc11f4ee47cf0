import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { missingModules, python } from '../support/process/python.ts';

const missing = missingModules('numpy');

describe('the ROS 2 node', () => {
  it.skipIf(missing)(
    `reads images and cameras, and writes poses, without ROS${missing && ` (missing: ${missing})`}`,
    async () => {
      expect(await python([fileURLToPath(new URL('ros2.py', import.meta.url))])).toBe('ok\n');
    },
  );
});
