/** Lists of the editor: the objects of the scene, and the kinds that can be added. */
import { FAMILIES, HARD_FAMILIES, SOURCE_FAMILIES, STANDARD_FAMILIES } from '../../../sim/objects/families.ts';
import { element } from '../../page/panel.ts';
import type { ObjectShown } from './editor.ts';

/** Lists the objects of the scene. @param chosen index of the chosen one. */
export function showObjects(placed: readonly ObjectShown[], chosen: number | undefined): void {
  element('edit-empty').hidden = placed.length > 0;
  const held = element('edit-list').contains(document.activeElement);
  element('edit-list').replaceChildren(...placed.map((object, i) => row(object, i, i === chosen)));
  // who walks the list by keys stays in it
  if (held) element('edit-list').querySelector<HTMLElement>('input:checked')?.focus();
}

/** Lists what can be placed. */
export function showKinds({ objects }: { readonly objects: readonly string[] }): void {
  const select = element<HTMLSelectElement>('edit-kind');
  const before = select.value;
  const group = (label: string, what: string, names: readonly string[]): HTMLOptGroupElement[] => {
    if (names.length === 0) return [];
    const made = document.createElement('optgroup');
    made.label = label;
    made.append(...names.map((name) => new Option(name, `${what}/${name}`)));
    return [made];
  };
  select.replaceChildren(
    ...group('from files', 'object', objects),
    ...group('families', 'family', STANDARD_FAMILIES),
    ...group('hard ones', 'family', HARD_FAMILIES),
    ...group('of pretraining', 'family', SOURCE_FAMILIES),
  );
  const first = objects.length > 0 ? `object/${objects[objects.length - 1]}` : `family/${FAMILIES[0]}`;
  select.value = objects.length > 0 ? first : before || first;
}

function row({ name, size, falls }: ObjectShown, index: number, chosen: boolean): HTMLLabelElement {
  const label = document.createElement('label');
  const radio = document.createElement('input');
  Object.assign(radio, { type: 'radio', name: 'edited', value: String(index), checked: chosen });
  const text = (content: string): HTMLSpanElement =>
    Object.assign(document.createElement('span'), { textContent: content });
  const extent = size.map((v) => Math.round(1000 * v)).join(' × ');
  label.append(radio, text(`${index + 1} ${name}`), text(falls ? `in the air · ${extent} mm` : `${extent} mm`));
  return label;
}
