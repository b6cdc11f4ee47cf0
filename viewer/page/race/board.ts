/** Board of the race page: who leads, the joint curve, the arms, and their latest trials side by side. */
import type { TrialSummary } from '../../../sim/recording/marks.ts';
import { RACE_WINDOW, type RaceInfo, standings } from '../../../sim/recording/race.ts';
import { drawTraces, percent } from '../curve.ts';
import { outcomeReason } from '../outcomes.ts';
import { element, familyList, setText } from '../panel.ts';

/** What the board shows of an arm. */
export interface BoardArm {
  readonly name: string;
  readonly seconds: number;
  /** By number. */
  readonly training: readonly TrialSummary[];
  readonly evaluation: readonly TrialSummary[];
  /** Success on all unseen scenes, where not all of them are in `evaluation`. */
  readonly unseen?: number;
}

/** Whole numbers of points, with a true minus. */
const points = (rate: number): string => `${Math.round(100 * rate)}`.replace('-', '−');

/** Who leads, in a sentence around the arm's name. */
export function leadSentence(
  arms: readonly BoardArm[],
  { trialsPlanned, verdict }: Pick<RaceInfo, 'trialsPlanned' | 'verdict'>,
): { readonly arm: number | undefined; readonly rest: string } {
  const { trials, lead } = standings(arms.map(({ training }) => training.map(({ outcome }) => outcome)));
  if (verdict !== undefined) return { arm: undefined, rest: verdict };
  if (trials < 10) return { arm: undefined, rest: 'Fewer than ten trials each: nothing to compare yet.' };
  const over = trials >= trialsPlanned ? ' Training is over; now unseen scenes.' : '';
  if (!lead) return { arm: undefined, rest: `No arm is shown to lead over the last ${RACE_WINDOW} trials.${over}` };
  const { arm, since, next, difference, low, high } = lead;
  const ahead = `${points(difference)} points ahead of ${arms[next].name} [${points(low)}, ${points(high)}]`;
  return { arm, rest: ` leads since trial ${since}: ${ahead} over the last ${Math.min(trials, RACE_WINDOW)}.${over}` };
}

function showLead(arms: readonly BoardArm[], race: RaceInfo): void {
  const { arm, rest } = leadSentence(arms, race);
  const box = element('lead');
  box.className = arm === undefined ? '' : `arm-${arm}`;
  const name = document.createElement('strong');
  name.textContent = arm === undefined ? '' : arms[arm].name;
  const text = element('lead-text');
  if (text.textContent !== `${name.textContent}${rest}`) text.replaceChildren(name, rest);
  const link = element<HTMLAnchorElement>('lead-link');
  link.hidden = race.reportUrl === undefined;
  if (race.reportUrl !== undefined) link.href = race.reportUrl;
}

const failures = (trials: readonly TrialSummary[]): number =>
  trials.filter(({ outcome }) => outcome !== 'held' && outcome !== 'invalid').length;

/** Success of trials that did not diverge; a dash if there are none. */
function rateOf(trials: readonly TrialSummary[]): string {
  const counted = trials.filter(({ outcome }) => outcome !== 'invalid');
  return counted.length === 0
    ? '–'
    : percent(counted.filter(({ outcome }) => outcome === 'held').length / counted.length);
}

function armRow({ name, seconds, training, evaluation, unseen }: BoardArm, arm: number): HTMLTableRowElement {
  const row = document.createElement('tr');
  row.className = `arm-${arm}`;
  const first = document.createElement('th');
  first.scope = 'row';
  first.innerHTML = '<svg viewBox="0 0 26 8" aria-hidden="true"><path d="M0 4H26"/></svg>';
  first.append(name);
  first.querySelector('path')?.setAttribute('class', `line arm-${arm}`);
  row.append(first);
  const cells = [
    rateOf(training.slice(-RACE_WINDOW)),
    String(failures(training)),
    seconds.toFixed(1),
    unseen === undefined ? rateOf(evaluation) : percent(unseen),
  ];
  for (const text of cells) {
    const cell = row.insertCell();
    cell.className = 'number';
    cell.textContent = text;
  }
  return row;
}

const ROWS = 40;

/** The latest trials that both have done, the newest on top. */
function pairRows([a, b]: readonly [BoardArm, BoardArm]): HTMLTableRowElement[] {
  const split = a.evaluation.length > 0 && b.evaluation.length > 0 ? 'evaluation' : 'training';
  const both = a[split].flatMap((left, i) => (b[split][i] ? [[left, b[split][i]] as const] : []));
  return both
    .slice(-ROWS)
    .reverse()
    .map(([left, right]) => {
      const row = document.createElement('tr');
      const number = row.insertCell();
      number.className = 'number';
      number.textContent = String(left.trial);
      const objects = row.insertCell();
      objects.textContent = familyList(left.families);
      objects.title = objects.textContent;
      for (const { outcome } of [left, right]) {
        const cell = row.insertCell();
        cell.textContent = outcome;
        cell.title = outcomeReason(outcome);
        cell.dataset.outcome = outcome === 'held' ? 'held' : 'failed';
      }
      return row;
    });
}

/** Shows how the race stands. @param shown the arms on the left and on the right. */
export function showBoard(arms: readonly BoardArm[], race: RaceInfo, shown: readonly [number, number]): void {
  const { trialsPlanned, scenario, seed } = race;
  const done = Math.min(...arms.map(({ training }) => training.length));
  const evaluated = Math.min(...arms.map(({ evaluation }) => evaluation.length));
  const bar = element<HTMLProgressElement>('progress-bar');
  Object.assign(bar, { max: Math.max(trialsPlanned, 1), value: Math.min(done, trialsPlanned) });
  const unseen = evaluated > 0 ? ` + ${evaluated} unseen` : '';
  setText('progress-text', `trial ${done} of ${trialsPlanned} each${unseen}`);
  setText('scenario', scenario);
  setText('run', `race of ${arms.map(({ name }) => name).join(', ')} · seed ${seed}`);
  element('run').title = element('run').textContent ?? '';
  document.title = `${arms.map(({ name }) => name).join(' against ')} – graft`;
  showLead(arms, race);
  drawTraces(
    element<SVGSVGElement>('curve'),
    arms.map(({ name, training }, i) => ({ kind: `arm-${i}`, label: `${name} `, spoken: name, trials: training })),
    trialsPlanned,
  );
  element('arms').replaceChildren(...arms.map(armRow));
  const [left, right] = shown;
  for (const [id, arm] of [
    ['first-outcomes', left],
    ['second-outcomes', right],
  ] as const) {
    setText(id, arms[arm].name);
    element(id).className = `arm-${arm}`;
  }
  element('trials').replaceChildren(...pairRows([arms[left], arms[right]]));
}
