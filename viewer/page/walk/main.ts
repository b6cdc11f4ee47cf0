/** Walk page: a benchmark from its matrix down to single grasps; every place has an address. */
import type { WalkTarget } from '../../../sim/recording/walk.ts';
import { element } from '../panel.ts';
import { embedButton } from '../share/embed-dialog.ts';
import { themeButton } from '../theme.ts';
import { count, make } from './dom.ts';
import type { Level } from './level.ts';
import { matrixView } from './matrix.ts';
import { differencesOf, type WalkDifference } from './pairs.ts';
import { above, armIn, linkTo, type Place, placeAt } from './place.ts';
import { scenesView, sceneText } from './scenes.ts';
import { openWalkFiles, type WalkFiles } from './source.ts';
import { targetView } from './target.ts';

/** Says what is wrong; undefined hides it. */
function tell(problem: string | undefined): void {
  element('problem').hidden = problem === undefined;
  element('problem').textContent = problem ?? '';
}

/** Differences, worked out one after another so that the page stays at hand. */
function differences({ walk }: WalkFiles): Level['difference'] {
  const known = new Map<string, Promise<readonly WalkDifference[]>>();
  let turn: Promise<unknown> = Promise.resolve();
  return (name, a, b) => {
    const key = `${name} ${a} ${b}`;
    const target = walk.targets.find((each) => each.name === name)!;
    const [one, other] = [armIn(target, a)!, armIn(target, b)!];
    const next =
      known.get(key) ??
      turn.then(
        () =>
          new Promise<readonly WalkDifference[]>((done) => setTimeout(() => done(differencesOf(target, one, other)))),
      );
    known.set(key, next);
    turn = next;
    return next;
  };
}

function crumbs({ walk, place }: Level, target: WalkTarget | undefined): HTMLElement {
  const steps: { readonly text: string; readonly to: Place }[] = [{ text: walk.title, to: {} }];
  const here = { ...place, time: undefined };
  const curve = above(place.scene ? above(place) : place);
  if (target) steps.push({ text: target.title, to: place.trials === undefined ? here : curve });
  if (place.trials !== undefined)
    steps.push({
      text: `${place.arms!.join(' and ')} after ${count(place.trials)} trials`,
      to: place.scene ? above(place) : here,
    });
  if (place.scene) steps.push({ text: sceneText(place.scene), to: here });
  const last = steps.length - 1;
  return make(
    'ol',
    {},
    ...steps.map(({ text, to }, i) =>
      make(
        'li',
        {},
        i === last ? make('span', { 'aria-current': 'page' }, text) : make('a', { href: linkTo(to) }, text),
      ),
    ),
  );
}

async function start(): Promise<void> {
  themeButton(element('theme'));
  let files: WalkFiles;
  try {
    files = await openWalkFiles();
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
    element('level').replaceChildren();
    return;
  }
  const { walk } = files;
  element('report').hidden = walk.report === undefined;
  if (walk.report !== undefined) element<HTMLAnchorElement>('report').href = walk.report;
  const difference = differences(files);
  const go = (place: Place): void => {
    location.hash = linkTo(place);
  };
  let shown: string | undefined;
  const show = (): void => {
    const { place, problem } = placeAt(walk, location.hash);
    const level: Level = { walk, place, go, difference };
    const target = walk.targets.find(({ name }) => name === place.target);
    tell(problem);
    element('crumbs').replaceChildren(crumbs(level, target));
    document.title = `${[...element('crumbs').querySelectorAll('li')].at(-1)?.textContent} – graft`;
    void fill(level, target, files);
    // a choice within a view keeps the eye and the focus where they are
    const view = `${place.target} ${place.trials} ${place.scene?.seed}.${place.scene?.scene}`;
    if (shown !== undefined && shown !== view) {
      scrollTo(0, 0);
      document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
    }
    shown = view;
  };
  embedButton(() => linkTo({ ...placeAt(walk, location.hash).place, ...loaded?.moment() }));
  addEventListener('hashchange', show);
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && location.hash.length > 1) go(above(placeAt(walk, location.hash).place));
  });
  show();
}

/** Shows a place. What draws scenes in 3-D loads when the first of them is watched. */
async function fill(level: Level, target: WalkTarget | undefined, files: WalkFiles): Promise<void> {
  const { place } = level;
  const watching = target !== undefined && place.scene !== undefined;
  document.body.classList.toggle('watching', watching);
  element('watch').hidden = !watching;
  element('level').hidden = watching;
  const stage = watching ? await import('./watch.ts') : loaded;
  if (stage) loaded = stage;
  if (watching) return void (await stage?.watch(level, target, files));
  stage?.leave();
  refill(
    element('level'),
    target ? (place.trials === undefined ? targetView : scenesView)(level, target) : matrixView(level),
  );
}

let loaded: typeof import('./watch.ts') | undefined;

/** Replaces what is shown, and puts the focus back on the like of what had it. */
function refill(box: HTMLElement, content: readonly HTMLElement[]): void {
  const focused = document.activeElement;
  const kin = focused && box.contains(focused) ? [...box.querySelectorAll('a, input, select')].indexOf(focused) : -1;
  box.replaceChildren(...content);
  if (kin >= 0) box.querySelectorAll<HTMLElement>('a, input, select')[kin]?.focus({ preventScroll: true });
}

void start();
