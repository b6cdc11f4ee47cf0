/** Panel of the play page: lists, cards and scores. */
import { PHASES } from '../../sim/motion.ts';
import type { TrialSummary } from '../../sim/recording/marks.ts';
import { wilson } from '../page/curve.ts';
import { element } from '../page/panel.ts';
import type { Choices, PolicyName, ScenarioChoice } from './session.ts';

/** One line of the list: a trial, and whose grasp it was. */
export type TriedLine = Pick<TrialSummary, 'probability' | 'outcome'> & { readonly scene: string; readonly by: string };

const ROWS = 60;

export const setText = (id: string, text: string): void => {
  const node = element(id);
  if (node.textContent !== text) node.textContent = text;
};

export const percent = (p: number): string => `${Math.round(100 * p)} %`;

/** Value of a number field, brought to the whole numbers from `least` on that a seed, a scene or a count can be. */
export function wholeNumber(id: string, least = 0): number {
  const field = element<HTMLInputElement>(id);
  const value = Math.min(Math.max(Math.floor(Number(field.value)) || 0, least), 2 ** 31);
  if (field.value !== String(value)) field.value = String(value);
  return value;
}

/** Saves a file where downloads go. */
export function saveFile(content: Uint8Array | string, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content as Uint8Array<ArrayBuffer> | string]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Content of a file beside the page. @throws Error if it cannot be had. */
export async function fetchBytes(url: string): Promise<Uint8Array> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: expected the policy's file, got status ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** What policies are called on the page. */
export const POLICY_NAMES: Readonly<Record<PolicyName, string>> = {
  trained: 'trained policy',
  antipodal: 'antipodal heuristic',
  'depth-pca': 'depth centroid + PCA',
  random: 'random on the object',
  oracle: 'oracle (tries in secret)',
  'fair-oracle': 'fair oracle (mass, friction unknown)',
};

/** Fills a list of choices. @param value what is chosen, if it is among them. */
export function fill(id: string, options: readonly { value: string; text: string }[], value: string | undefined): void {
  const select = element<HTMLSelectElement>(id);
  select.replaceChildren(...options.map(({ value, text }) => new Option(text, value)));
  if (value !== undefined && options.some((o) => o.value === value)) select.value = value;
}

/** Fills the lists; what was chosen stays chosen. */
export function showChoices({ scenarios, policies }: Choices, scenario: string, policy: PolicyName): void {
  const names = (Object.keys(POLICY_NAMES) as PolicyName[]).filter((p) => policies.includes(p));
  fill(
    'scenarios',
    scenarios.map(({ name }) => ({ value: name, text: name })),
    scenario,
  );
  fill(
    'policy',
    names.map((value) => ({ value, text: POLICY_NAMES[value] })),
    policy,
  );
}

/** What a scenario says about itself. */
export function showDescription({ description }: ScenarioChoice): void {
  setText('run', description || 'no description');
  element('run').title = description;
}

/** The ranges of the controls that follow from a scenario. */
export function showScenario(scenario: ScenarioChoice): void {
  const { angles, depths } = scenario;
  showDescription(scenario);
  const [angle, depth] = [element<HTMLInputElement>('angle'), element<HTMLInputElement>('depth')];
  angle.max = String(180 - 180 / angles);
  angle.step = String(180 / angles);
  depth.max = String(Math.max(60, ...depths.map((d) => Math.round(1000 * d))));
  depth.value = String(Math.round(1000 * depths[Math.floor(depths.length / 2)]));
}

/** What the map shows. */
export function showMapKind(affordance: boolean): void {
  setText('map-title', affordance ? 'affordance' : 'heightmap');
  element('map-legend').hidden = !affordance;
}

/** The numbers of the sliders that aim. */
export function showAim(): void {
  setText('angle-value', `${Math.round(Number(element<HTMLInputElement>('angle').value))}°`);
  setText('depth-value', `${element<HTMLInputElement>('depth').value} mm`);
}

/** The card over the picture. @param outcome `ready`, `trying`, or what became of the grasp. */
export function showCard(title: string, detail: string, outcome: string): void {
  setText('trial-title', title);
  setText('trial-detail', detail);
  const badge = element('outcome');
  badge.dataset.outcome = ['ready', 'trying', 'loading', 'clear', 'editing'].includes(outcome)
    ? 'none'
    : outcome === 'held'
      ? 'held'
      : 'failed';
  setText('outcome', outcome);
}

/** @param phase undefined: no trial runs. */
export function showPhase(phase: number | undefined): void {
  const name = phase === undefined ? undefined : PHASES[phase];
  for (const item of element('phases').children as HTMLCollectionOf<HTMLElement>)
    item.toggleAttribute('aria-current', item.dataset.phase === name);
}

/** The latest lines of a list, newest first. */
export const showLines = (id: string, lines: readonly TriedLine[]): void =>
  element(id).replaceChildren(...lines.slice(-ROWS).reverse().map(row));

/** List and score. */
export function showTried(tried: readonly TriedLine[]): void {
  showLines('trials', tried);
  if (tried.length === 0) return;
  const held = tried.filter(({ outcome }) => outcome === 'held').length;
  setText('score-rate', `${held} of ${tried.length}`);
  setText('score-detail', `held, ${percent(held / tried.length)}`);
}

/** What a batch gave. */
export function showBatch(policy: string, held: number, done: number, planned: number): void {
  const { low, high } = done > 0 ? wilson(held, done) : { low: 0, high: 1 };
  const interval = done === planned ? `, 95 % interval ${percent(low)} to ${percent(high)}` : '';
  setText('policy-note', `${policy}: ${held} of ${done} scenes held${interval}`);
}

function row({ scene, by, probability, outcome }: TriedLine): HTMLTableRowElement {
  const tr = document.createElement('tr');
  const cell = (text: string, className = ''): HTMLTableCellElement => {
    const td = tr.insertCell();
    td.textContent = text;
    td.className = className;
    return td;
  };
  cell(scene, 'number');
  cell(by).title = by;
  cell(probability === null ? '–' : percent(probability), 'number');
  cell(outcome).dataset.outcome = outcome === 'held' ? 'held' : 'failed';
  return tr;
}
