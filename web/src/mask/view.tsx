import './mask.css';
import { useEffect } from 'preact/hooks';
import { charactersOf } from '../shared/characters.ts';
import { Page } from '../shared/page.tsx';
import { AffinitiesStep, affinitiesTitle } from './affinities-step.tsx';
import { AverageSteps, averageSteps } from './average-steps.tsx';
import { Controls } from './controls.tsx';
import { FormsStep, formsTitle } from './forms-step.tsx';
import { pause } from './player.ts';
import { averages, compute, text } from './state.ts';

const titles = [...averageSteps.map(({ title }) => title), affinitiesTitle, formsTitle];

/** How a matrix keeps characters from looking ahead, step by step, for a text of one's own. */
export function MaskView() {
  useEffect(() => compute(), []);
  useEffect(() => {
    // Whoever scrolls looks for something else than what is being played.
    addEventListener('wheel', pause, { passive: true });
    addEventListener('touchmove', pause, { passive: true });
    return () => {
      pause();
      removeEventListener('wheel', pause);
      removeEventListener('touchmove', pause);
    };
  }, []);
  return (
    <Page
      title="The mask, step by step"
      lead="How does a GPT keep from looking ahead? With a triangle. Type a text and see who looks at whom; every matrix is computed here, by running the ONNX graph beside it."
    >
      <div class="beside mask">
        <Controls titles={titles} />
        <div
          class="steps"
          style={`--characters: ${averages.value?.characters.length ?? charactersOf(text.value).length}`}
        >
          <AverageSteps />
          <AffinitiesStep step={averageSteps.length} />
          <FormsStep step={averageSteps.length + 1} />
        </div>
      </div>
    </Page>
  );
}
