import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainingJson } from '../../scenarios/run/conclude.ts';
import { runJson, temporaryFolder } from '../support/process/cli.ts';
import { GRAFT, node } from '../support/process/program.ts';

/** Programs of other versions of Node: `npm install node@22` brings one. */
const OTHERS = (process.env.GRAFT_NODES ?? '').split(delimiter).filter(Boolean);

const VERSIONS = OTHERS.map(
  (path, i) => [execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), path, i] as const,
);

const folder = temporaryFolder();
/** Pretrained weights choose and learn, all of them, in a training of some seconds. */
const training = (out: string) => ['train', 'small.yaml', '--seed', '7', '--arm', 'finetuned', '--out', out];
const SMALL = `
training: { trials: 12, scenesPerRound: 4 }
evaluation: { trials: 2 }
action: { angles: 4, depths: [0.035] }
learner: { backbone: grasp-passive, endToEnd: { batchSize: 4, updatesPerTrial: 0.5 } }
`;

describe.skipIf(OTHERS.length === 0)(
  `another version of Node${OTHERS.length === 0 ? ' (none is named by GRAFT_NODES)' : ''}`,
  () => {
    let own: TrainingJson;
    beforeAll(async () => {
      writeFileSync(join(folder, 'small.yaml'), SMALL);
      own = await runJson<TrainingJson>(training('own'), { cwd: folder });
    });

    it.each(VERSIONS.length > 0 ? VERSIONS : [['none', '', 0] as const])(
      '%s gives the same weights, log and outcomes',
      async (version, program, i) => {
        expect(version).not.toBe(process.version);
        const { code, stdout, stderr } = await node([GRAFT, ...training(`other-${i}`), '--json'], {
          cwd: folder,
          program,
        });
        expect({ code, stderr }).toMatchObject({ code: 0 });
        const { weightsHash, logHash, final } = JSON.parse(stdout) as TrainingJson;
        expect({ weightsHash, logHash, success: final.success }).toEqual({
          ...{ weightsHash: own.weightsHash, logHash: own.logHash, success: own.final.success },
        });
      },
    );
  },
);
