/** Matrix: every arm on every target, as success or as the difference from one of them. */
import type { WalkArm, WalkTarget } from '../../../sim/recording/walk.ts';
import { percent } from '../curve.ts';
import { bounds, choice, count, make, scrolling, signed } from './dom.ts';
import type { Level } from './level.ts';
import { armIn, linkTo, usualPair } from './place.ts';

/** The matrix with what leads to it: the verdict, and the choice of what the cells say. */
export function matrixView(level: Level): HTMLElement[] {
  const { walk } = level;
  const claims = make('ul', {}, ...walk.claims.map((claim) => make('li', {}, claim)));
  const said = make('details', {}, make('summary', {}, 'What else can be said'), claims);
  return [
    make('h1', { tabindex: -1 }, walk.verdict),
    ...(walk.claims.length > 0 ? [said] : []),
    controls(level),
    scrolling('Arms and targets', table(level)),
    make('p', { class: 'soft' }, note(level)),
  ];
}

function note({ place: { against } }: Level): string {
  const how =
    'A cell leads to the learning curves, a point of a curve to its scenes, and a scene to the grasps themselves.';
  if (against === undefined) return `Grasps held, with 95 % intervals; the darker, the more. ${how}`;
  return `Points more or fewer than ${against} on the same scenes, with 95 % intervals. Coloured where the interval does not contain 0: blue is more, orange fewer. ${how}`;
}

const names = ({ walk }: Level): string[] => [
  ...new Set(walk.targets.flatMap(({ arms }) => arms.map(({ name }) => name))),
];

function controls(level: Level): HTMLElement {
  const { place, go } = level;
  const against = choice(
    'cells show',
    [['', 'grasps held'], ...names(level).map((name) => [name, `difference from ${name}`] as const)],
    place.against ?? '',
    (name) => go({ ...place, against: name || undefined }),
  );
  const at = choice(
    'after the',
    [
      ['', 'most training trials'],
      ['fewest', 'fewest training trials'],
    ],
    place.fewest ? 'fewest' : '',
    (value) => go({ ...place, fewest: value === 'fewest' || undefined }),
  );
  return make('div', { class: 'choices-row' }, against, at);
}

function table(level: Level): HTMLTableElement {
  const { walk, place } = level;
  const head = make(
    'tr',
    {},
    make('th', { scope: 'col' }, 'arm'),
    ...walk.targets.map(({ title, budgets }) => {
      const trials = place.fewest ? budgets[0] : budgets[budgets.length - 1];
      return make('th', { scope: 'col' }, title, make('small', {}, `${count(trials)} trials`));
    }),
  );
  const rates = walk.targets.flatMap(({ arms }) => arms.map((arm) => pointOf(arm, place.fewest).rate));
  const ends = [Math.min(...rates), Math.max(...rates)] as const;
  const rows = names(level).map((name) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, name),
      ...walk.targets.map((target) => cell(level, target, armIn(target, name), ends)),
    ),
  );
  return make('table', { class: 'matrix' }, make('thead', {}, head), make('tbody', {}, ...rows));
}

const pointOf = ({ curve }: WalkArm, fewest: boolean | undefined) => (fewest ? curve[0] : curve[curve.length - 1]);

function cell(
  level: Level,
  target: WalkTarget,
  arm: WalkArm | undefined,
  [least, most]: readonly [number, number],
): HTMLTableCellElement {
  if (!arm) return make('td', { class: 'none' }, '–');
  const { walk, place } = level;
  const { against, fewest } = place;
  const other = against !== undefined && against !== arm.name && armIn(target, against) ? against : undefined;
  const pair = other === undefined ? usualPair(walk, target, arm.name) : ([arm.name, other] as const);
  const link = make('a', { href: linkTo({ ...place, target: target.name, arms: [...pair] }) });
  const td = make('td', {}, link);
  if (against === undefined) {
    const point = pointOf(arm, fewest);
    link.append(percent(point.rate), make('small', {}, bounds(point)));
    td.style.setProperty('--share', String((point.rate - least) / Math.max(most - least, 0.01)));
    td.className = 'rate';
  } else if (other === undefined) link.append('–');
  else {
    link.append('…');
    void level.difference(target.name, arm.name, other).then((differences) => {
      const found = fewest ? differences[0] : differences[differences.length - 1];
      if (!found) return link.replaceChildren('–');
      link.replaceChildren(signed(found.difference), make('small', {}, bounds(found)));
      td.className = found.low > 0 ? 'more' : found.high < 0 ? 'fewer' : 'unclear';
      td.style.setProperty('--share', String(Math.min(Math.abs(found.difference) / 0.4, 1)));
    });
  }
  return td;
}
