import { useComputed } from '@preact/signals';
import { families, familyLabels } from './families.ts';
import { shown } from './state.ts';

/** What the tints of the boxes say, as far as they are in the picture. */
export function Legend() {
  const present = useComputed(() => new Set(shown.value?.scene.items.map(({ family }) => family)));
  return (
    <ul class="legend" aria-label="Kinds of operators">
      {families.map(
        (family) =>
          present.value.has(family) && (
            <li key={family}>
              <span class="swatch" data-family={family} aria-hidden="true" />
              {familyLabels[family]}
            </li>
          ),
      )}
    </ul>
  );
}
