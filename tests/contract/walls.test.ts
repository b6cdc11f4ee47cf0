import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ROOMS = ['sim', 'agent', 'scenarios', 'viewer', 'cli', 'library'] as const;

/** Which rooms a room may import from. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  sim: ['sim'],
  agent: ['agent', 'sim'],
  scenarios: ['scenarios', 'agent', 'sim'],
  viewer: ['viewer', 'sim'],
  cli: ['cli', 'viewer', 'scenarios', 'agent', 'sim'],
  library: ['library', 'scenarios', 'agent', 'sim'],
};

/** The page that runs the simulator and the policies itself, instead of hearing from them. */
const PLAY = 'viewer/play/';

/** The page that asks a grasp server, and what it reads as the server does: files, and the contract's types. */
const GRASPS = 'viewer/grasps/page/';
const GRASPS_READS = ['pictures', 'camera-file', 'answer'].map((name) => `scenarios/predict/${name}.ts`);

/** The page of a benchmark, which works out intervals as the report does. */
const WALK = 'viewer/page/walk/';
const WALK_READS = ['scenarios/report/bootstrap-intervals.ts'];

/** Folders that only Node loads; every other one below sim/ and agent/, and the pages', is for browsers, too. */
const NODE_ONLY = ['sim/recording/write/', 'agent/backbones/'];

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'dist' ? [] : sources(path);
    return /\.(ts|js)$/.test(entry.name) ? [path] : [];
  });
}

const imports = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((m) => m[1]);

describe('the walls between rooms', () => {
  const files = ROOMS.flatMap((room) => sources(room));

  it('has sources to look at', () => expect(files.length).toBeGreaterThan(40));

  for (const room of ROOMS) {
    it(`${room} imports only from ${ALLOWED[room].join(', ')}`, () => {
      for (const file of sources(room)) {
        for (const target of imports(file).filter((i) => i.startsWith('.'))) {
          const path = relative(ROOT, resolve(ROOT, dirname(file), target));
          const allowed = file.startsWith(PLAY) ? [...ALLOWED[room], 'agent', 'scenarios'] : ALLOWED[room];
          // a thread that a process on sources starts runs compiled code
          if (file.endsWith('-entry.js') && path === 'package/compiled.js') continue;
          if (file === 'viewer/build-pages.ts' && path === 'package/notices.js') continue;
          if (file.startsWith(GRASPS) && GRASPS_READS.includes(path)) continue;
          if (file.startsWith(WALK) && WALK_READS.includes(path)) continue;
          expect(allowed, `${file} imports ${path}`).toContain(path.split('/')[0]);
        }
      }
    });
  }

  it('keeps Rapier in sim/physics.ts, TensorFlow.js in the engine, three.js in the page', () => {
    for (const file of files) {
      for (const target of imports(file)) {
        if (target.startsWith('@dimforge/')) expect(file).toBe('sim/physics.ts');
        if (target.startsWith('@tensorflow/')) expect(file).toMatch(/^agent\/engine\//);
        if (target === 'three' || target.startsWith('three/'))
          expect(file).toMatch(/^viewer\/(page|play|grasps\/page)\//);
      }
    }
  });

  it('keeps Node built-ins out of what a browser loads too', () => {
    for (const file of files) {
      const inBrowser =
        /^(sim|agent|viewer\/page|viewer\/play|viewer\/grasps\/page)\//.test(file) &&
        !NODE_ONLY.some((folder) => file.startsWith(folder));
      if (!inBrowser) continue;
      expect(
        imports(file).filter((i) => i.startsWith('node:')),
        file,
      ).toEqual([]);
    }
  });

  it('keeps Node built-ins out of all that the play page, the grasp page, the walk page and the library for browsers load', () => {
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      const text = readFileSync(join(ROOT, file), 'utf8').replace(/^(import|export) type [^;]*;/gm, '');
      for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
        expect(target, file).not.toMatch(/^node:/);
        if (target.startsWith('.')) load(relative(ROOT, resolve(ROOT, dirname(file), target)));
      }
    };
    load(`${PLAY}worker.ts`);
    load(`${PLAY}main.ts`);
    load(`${GRASPS}main.ts`);
    load(`${WALK}main.ts`);
    load('library/browser.ts');
    expect([...loaded]).toEqual(
      expect.arrayContaining(['scenarios/trials/runner.ts', 'sim/trial.ts', 'agent/policy/scorer.ts']),
    );
  });

  it('takes no function of Math that engines round differently into what a trial depends on', () => {
    const asked = files.filter(
      (f) =>
        (f.startsWith('sim/') && !f.startsWith('sim/recording/')) ||
        /^agent\/(policy\/(heuristics|learned|scorer|choice\/explore|q-map|affordance|action-space|oracle)|network\/window)\./.test(
          f,
        ),
    );
    for (const file of asked) {
      const text = readFileSync(join(ROOT, file), 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '');
      expect(text.match(/Math\.(a?(sin|cos|tan)[2h]?|exp|expm1|log|log1p|log10|pow|hypot|cbrt)\(/g), file).toBeNull();
      // whole powers of 2 and 10 and squares are exact
      const powers = text.match(/\S+ \*\* [^\s;)]+/g) ?? [];
      expect(
        powers.filter((p) => !/\*\* 2,?$|\b2 \*\*|\bSCALE \*\*/.test(p)),
        file,
      ).toEqual([]);
    }
  });

  it('takes no unseeded randomness and no wall clock into sim, agent and scenarios', () => {
    for (const file of files.filter((f) => !f.startsWith('viewer/'))) {
      expect(readFileSync(join(ROOT, file), 'utf8'), file).not.toMatch(/Math\.random\(|Date\.now\(/);
    }
  });
});
