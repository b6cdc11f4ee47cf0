/** Form of the settings: sliders, choices and switches on the panel, made from the schema. */
import { type Control, controlsOf, fromSlider, type Limits, toSlider } from '../../../scenarios/schema/controls.ts';
import { element } from '../../page/panel.ts';

/** The sections that have controls, and what they are called. */
const SECTIONS = {
  gripper: 'Hand',
  sensor: 'Camera, noise, light',
  scene: 'Friction, mass, table',
  motion: 'Motion',
  physics: 'Physics',
} as const;

/** Keys that the list of objects stands for. */
const LEFT_OUT = ['placed', 'objectCount', 'arrangement'];

type OnChange = (path: readonly string[], value: unknown) => void;

/** The settings of a scene. What the user is at stays as it is when others change. */
export class SettingsForm {
  readonly #onChange: OnChange;
  #open = new Set<string>();

  constructor(onChange: OnChange) {
    this.#onChange = onChange;
  }

  /** Shows the settings of a scenario. @param schema JSON Schema of a scenario file. */
  show(schema: unknown, scenario: unknown): void {
    const form = element('edit-settings');
    const focused = document.activeElement?.id ?? '';
    const sections = Object.entries(SECTIONS).map(([section, title]) =>
      this.#section(section, title, controlsOf(schema, scenario, section, LEFT_OUT)),
    );
    form.replaceChildren(...sections);
    // who works it by keys goes on where he was
    if (focused.startsWith('set-')) document.getElementById(focused)?.focus();
  }

  #section(section: string, title: string, controls: readonly Control[]): HTMLDetailsElement {
    const details = document.createElement('details');
    const summary = document.createElement('summary');
    summary.id = `set-section-${section}`;
    summary.textContent = title;
    const defaults = document.createElement('button');
    Object.assign(defaults, { type: 'button', textContent: 'Defaults', id: `set-defaults-${section}` });
    defaults.addEventListener('click', () => this.#onChange([section], undefined));
    details.open = this.#open.has(section);
    details.addEventListener('toggle', () => this.#open[details.open ? 'add' : 'delete'](section));
    const body = document.createElement('div');
    body.append(...controls.map((control) => this.#row(control)), defaults);
    details.append(summary, body);
    return details;
  }

  #row(control: Control): HTMLElement {
    const label = document.createElement(control.kind === 'numbers' ? 'fieldset' : 'label');
    label.title = `${control.key}${control.about && `: ${control.about}`}`;
    const name = document.createElement(control.kind === 'numbers' ? 'legend' : 'span');
    name.textContent = control.label;
    label.append(name, ...this.#inputs(control));
    label.dataset.kind = control.kind;
    return label;
  }

  #inputs(control: Control): HTMLElement[] {
    const id = `set-${control.key}`;
    const tell = (value: unknown): void => {
      const { path, value: changed } = control.change(value);
      // another hand has other settings
      const anew = control.key === 'gripper.kind' || control.key === 'gripper.preset';
      if (anew) this.#onChange(['gripper'], { [control.key.replace('gripper.', '')]: value });
      else this.#onChange(path, changed);
    };
    switch (control.kind) {
      case 'switch': {
        const box = Object.assign(document.createElement('input'), { type: 'checkbox', id, checked: control.value });
        box.addEventListener('change', () => tell(box.checked));
        return [box];
      }
      case 'choice': {
        const select = Object.assign(document.createElement('select'), { id });
        select.append(...control.options.map((option) => new Option(option)));
        select.value = control.value;
        select.addEventListener('change', () => tell(select.value));
        return [select];
      }
      case 'number': {
        const field = numberField(id, control.value, control.limits);
        const slider = sliderOf(`${id}-slider`, control, field);
        field.addEventListener('change', () => tell(Number(field.value)));
        slider.addEventListener('change', () => tell(Number(field.value)));
        return [slider, field];
      }
      case 'numbers': {
        const fields = control.value.map((v, k) => numberField(`${id}-${k}`, v, control.limits[k]));
        for (const [k, field] of fields.entries()) {
          field.setAttribute('aria-label', `${control.label} ${k + 1}`);
          field.addEventListener('change', () => tell(fields.map((f) => Number(f.value))));
        }
        return fields;
      }
      default:
        return control satisfies never;
    }
  }
}

function numberField(id: string, value: number, { low, high, whole }: Limits): HTMLInputElement {
  const step = whole ? '1' : 'any';
  return Object.assign(document.createElement('input'), {
    ...{ type: 'number', id, step, min: String(low), max: String(high), value: String(Number(value.toPrecision(6))) },
  });
}

function sliderOf(
  id: string,
  { value, limits, label }: Control & { kind: 'number' },
  field: HTMLInputElement,
): HTMLInputElement {
  const slider = Object.assign(document.createElement('input'), {
    type: 'range',
    id,
    min: '0',
    max: '1',
    step: '0.005',
  });
  slider.value = String(toSlider(value, limits));
  slider.setAttribute('aria-label', label);
  slider.setAttribute('aria-valuetext', String(value));
  slider.addEventListener('input', () => {
    field.value = String(fromSlider(Number(slider.value), limits));
    slider.setAttribute('aria-valuetext', field.value);
  });
  return slider;
}
