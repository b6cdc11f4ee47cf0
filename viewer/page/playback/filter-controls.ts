/** Filter controls: choice of family and outcome. */
import { OUTCOMES, type Outcome } from '../../../sim/outcome.ts';
import { element } from '../panel.ts';
import type { Filtered, TrialFilter } from './filter.ts';

/** The two lists with which trials are chosen; they offer what there is. */
export class FilterControls {
  readonly #family = element<HTMLSelectElement>('filter-family');
  readonly #outcome = element<HTMLSelectElement>('filter-outcome');

  /** @param onChange told when another choice was made. */
  constructor(onChange: () => void) {
    for (const list of [this.#family, this.#outcome]) list.addEventListener('change', onChange);
  }

  get filter(): TrialFilter {
    const [family, outcome] = [this.#family.value, this.#outcome.value];
    return {
      ...(family && { family }),
      ...(outcome && { outcome: outcome as Outcome | 'failed' }),
    };
  }

  /** Offers the families and outcomes of these trials. What is chosen stays, even where there is none of it. */
  offer(trials: readonly Filtered[]): void {
    const families = new Set(trials.flatMap((t) => t.families));
    const outcomes = new Set<string>(trials.map((t) => t.outcome));
    const { family, outcome } = this.filter;
    if (family) families.add(family);
    if (outcome) outcomes.add(outcome);
    if (trials.some((t) => t.outcome !== 'held')) outcomes.add('failed');
    const ordered = [...OUTCOMES, 'failed'].filter((name) => outcomes.has(name));
    fill(this.#family, 'all objects', [...families].sort());
    fill(this.#outcome, 'all outcomes', ordered);
  }
}

/** Puts choices into a list, unless they are there: an open list must not change under the pointer for nothing. */
function fill(list: HTMLSelectElement, all: string, names: readonly string[]): void {
  const texts = [all, ...names];
  if (texts.length === list.options.length && names.every((name, i) => list.options[i + 1].value === name)) return;
  const { value } = list;
  list.replaceChildren(...texts.map((text, i) => new Option(text === 'failed' ? 'any failure' : text, i ? text : '')));
  list.value = value;
}
