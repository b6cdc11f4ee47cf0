import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { beforeAll, describe, expect, it } from 'vitest';
import { codeHash } from '../../scenarios/code.ts';
import type { TrainingJson } from '../../scenarios/run/conclude.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { runJson, temporaryFolder } from '../support/process/cli.ts';
import { install, pack } from '../support/process/installed.ts';
import { node, startNode } from '../support/process/program.ts';
import { serveFolder } from '../support/process/static-server.ts';

const ROOT = new URL('../../', import.meta.url);
const folder = temporaryFolder();
const home = join(folder, 'home');
const graft = join(home, 'node_modules', 'graft');
const here = { cwd: home };
let tarball: string;

beforeAll(async () => {
  mkdirSync(home);
  tarball = await pack(folder);
  await install(tarball, home);
});

const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((f) => statSync(join(path, f)).isFile());

/** The program that the README shows. */
function example(): string {
  const readme = readFileSync(new URL('README.md', ROOT), 'utf8');
  return /^## As a library$[\s\S]*?^```js\n([\s\S]*?)^```$/m.exec(readme)![1];
}

describe('the tarball', () => {
  it('holds JavaScript, types, pages, weights and licences, and no TypeScript to compile', () => {
    const files = filesIn(graft);
    expect(files.filter((f) => /(?<!\.d)\.ts$/.test(f))).toEqual([]);
    for (const file of [
      ...[
        'dist/graft.js',
        'dist/library.js',
        'dist/library.d.ts',
        'dist/browser/library.js',
        'dist/pages/play.html',
        'dist/pages/grasps.html',
        'dist/pages/share.html',
      ],
      ...['agent/weights/grasp-passive.safetensors', 'scenarios/tabletop.yaml', 'THIRD-PARTY-NOTICES'],
    ])
      expect(files, file).toContain(file);
    expect(files.reduce((bytes, f) => bytes + statSync(join(graft, f)).size, 0)).toBeLessThan(40e6);
  });

  it('has the fingerprint of the code that the checkout has', async () => {
    expect(readFileSync(join(graft, 'dist', 'code.js'), 'utf8')).toContain(`'${await codeHash()}'`);
  });

  it('names the licence of all that was bundled', () => {
    const notices = readFileSync(join(graft, 'THIRD-PARTY-NOTICES'), 'utf8');
    for (const name of ['@tensorflow/tfjs-core', '@dimforge/rapier3d-simd-compat', 'vega', 'h5wasm', 'three'])
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'));
    expect(notices).not.toContain('Licence: unknown');
  });

  it('is what publint and arethetypeswrong want of an ESM package', async () => {
    const bytes = readFileSync(tarball);
    const { messages } = await publint({ pack: { tarball: Uint8Array.from(bytes).buffer }, strict: true });
    expect(messages).toEqual([]);
    const analysis = await checkPackage(createPackageFromTarballData(bytes));
    const problems = 'problems' in analysis ? analysis.problems : [{ kind: 'no types' }];
    // CommonJS, and the resolution of Node 10, have no such packages
    const esm = problems.filter(
      (p) => !('resolutionKind' in p) || /^(node16-esm|bundler)$/.test(String(p.resolutionKind)),
    );
    expect(esm).toEqual([]);
  });
});

describe('the program of the package', () => {
  it('trains as the checkout does, and shows it', async () => {
    const args = ['train', 'tiny.yaml', '--seed', '7', '--out'];
    const tiny =
      'training: { trials: 20, scenesPerRound: 4, warmupTrials: 16 }\nevaluation: { trials: 2 }\naction: { angles: 4, depths: [0.035] }\nlearner: { backbone: grasp-passive }\n';
    for (const place of [home, folder]) writeFileSync(join(place, 'tiny.yaml'), tiny);
    const running = startNode([join(graft, 'graft.js'), ...args, 'run', '--view', '--port', '0', '--json'], here);
    const [, url] = await running.until('an address', () => /viewer: +(http:\S+)/.exec(running.stderr()));
    expect(await (await fetch(url)).text()).toContain('<title>graft');
    const { code, stdout } = await running.done;
    expect(code).toBe(0);
    const { weightsHash, logHash }: TrainingJson = JSON.parse(stdout);
    expect(await runJson<TrainingJson>([...args, 'same'], { cwd: folder })).toMatchObject({ weightsHash, logHash });
  });

  it('shares a run and builds a site from the pages that it ships', async () => {
    const single = ['share', 'run', '--out', 'run.html', '--single', '--trials', '4', '--json'];
    const { code, stdout, stderr } = await node([join(graft, 'graft.js'), ...single], here);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ trials: 4, sizeBytes: statSync(join(home, 'run.html')).size });
    expect(await node([join(graft, 'graft.js'), 'view', '--build', 'site'], here)).toMatchObject({ code: 0 });
    const { policy } = JSON.parse(readFileSync(join(home, 'site', 'policy.json'), 'utf8'));
    expect(policy.about).toMatch(/^pretrained/);
  });

  it('finds nothing missing', async () => {
    const { code, stdout } = await node([join(graft, 'graft.js'), 'doctor', '--json'], here);
    expect(code).toBe(0);
    const { checks, versions } = JSON.parse(stdout);
    expect(checks.filter(({ name, ok }: { name: string; ok: boolean }) => !ok && name !== 'browser')).toEqual([]);
    expect(Object.values(versions)).not.toContain('absent');
  });

  it('is a command', () =>
    expect(execFileSync(join(home, 'node_modules', '.bin', 'graft'), ['--help'], { encoding: 'utf8' })).toMatch(
      /^Usage: graft /,
    ));
});

describe('the library of the package', () => {
  it('runs the program of the README', async () => {
    writeFileSync(join(home, 'example.mjs'), example());
    const { code, stdout, stderr } = await node(['example.mjs'], here);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^0\.\d+ [a-z-]+\nheld [01][.\d]* of unseen families, see \S+quick-pretrained-s7\n$/);
  });

  it('is typed, without any other package', async () => {
    const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', lib: ['es2022', 'dom'], types: [] };
    writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    writeFileSync(join(home, 'example.mts'), example());
    writeFileSync(
      join(home, 'page.mts'),
      "import { openPolicy, parseScenario } from 'graft/browser';\nawait openPolicy('antipodal', await parseScenario(''));\n",
    );
    writeFileSync(
      join(home, 'wrong.mts'),
      "import { train } from 'graft';\nawait train('quick', { trials: 'many' });\n",
    );
    const { stdout } = await node([new URL('node_modules/typescript/bin/tsc', ROOT).pathname, '-p', home], here);
    expect(stdout).toMatch(/^wrong\.mts\(2,24\): error TS2322: Type 'string' is not assignable to type 'number'\.\n$/);
  });

  it('does the same trial in a page as in Node', async () => {
    const trial = `
      const scenario = await load();
      const policy = await openPolicy('antipodal', scenario);
      const scene = sampleScene(scenario, { seed: 7 });
      const { grasp } = policy.propose(observe(scene));
      const result = runTrial(scene, grasp).stateHash;`;
    const names = 'observe, openPolicy, runTrial, sampleScene';
    writeFileSync(
      join(home, 'trial.mjs'),
      `import { loadScenario, ${names} } from 'graft';\nconst load = () => loadScenario('tabletop');${trial}\nconsole.log(result);`,
    );
    writeFileSync(
      join(graft, 'dist', 'browser', 'index.html'),
      `<script type="module">import { parseScenario, ${names} } from './library.js';\nconst load = () => parseScenario('');${trial}\ndocument.title = result;</script>`,
    );
    const { stdout } = await node(['trial.mjs'], here);
    const [server, browser] = [await serveFolder(join(graft, 'dist', 'browser')), await launchChromium()];
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      await expect.poll(() => page.title()).toBe(stdout.trim());
    } finally {
      await browser.close();
      await server.close();
    }
  });
});
