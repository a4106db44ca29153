import { engine } from '../engine/start.ts';
import { messageOf } from '../shared/errors.ts';
import { bytesInWords, countInWords } from './figures.ts';
import type { NameAndText } from './protocol.ts';
import { openedGraph, problem } from './state.ts';
import { Facts, Operators, Part } from './told.tsx';

/** Lists that are longer are closed at first. */
const fewValues = 12;
const longestText = 300;

/** What is told of the file as a whole. */
export function FileSummary() {
  const graph = openedGraph.value;
  if (graph === undefined) return null;
  const { summary, title, fileName, key } = graph;
  const { bytes, nodes, parameters, opsets, irVersion, producerName, producerVersion, description, graphName } =
    summary;
  return (
    <>
      <h2>{title}</h2>
      {description !== '' && <p>{description}</p>}
      <dl class="figures">
        <Figure name="nodes" value={countInWords(nodes)} />
        <Figure name="parameters" value={countInWords(parameters)} />
        <Figure name="size" value={bytesInWords(bytes)} />
      </dl>
      <button type="button" onClick={() => void download(key)}>
        Download {fileName}
      </button>
      <Facts
        facts={[
          { name: 'written by', text: `${producerName} ${producerVersion}`.trim() },
          {
            name: 'opset',
            text: opsets.map(({ name, text }) => (name === 'ai.onnx' ? text : `${name} ${text}`)).join(', '),
          },
          { name: 'IR version', text: `${irVersion}` },
          { name: 'graph', text: graphName },
          {
            name: 'functions',
            text: summary.functions.map(({ name, nodes: count }) => `${name} (${count})`).join(', '),
          },
          { name: 'besides', text: summary.hasTrainingInfo ? 'training information' : '' },
        ]}
      />
      <Part title="Problems" count={summary.problems.length}>
        <ul class="problems">
          {summary.problems.slice(0, fewValues).map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      </Part>
      <Declared title="Inputs" values={summary.inputs} />
      <Declared title="Outputs" values={summary.outputs} />
      <Part title="Operators" count={summary.operators.length}>
        <Operators operators={summary.operators} />
      </Part>
      <Part title="Metadata" count={summary.metadata.length}>
        <Facts facts={summary.metadata.map(({ name, text }) => ({ name, text: shortened(text) }))} />
      </Part>
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Declared({ title, values }: { title: string; values: readonly NameAndText[] }) {
  const list = (
    <ol class="values">
      {values.map(({ name, text }) => (
        <li key={name}>
          <code>{name}</code> <span class="type">{text}</span>
        </li>
      ))}
    </ol>
  );
  return (
    <Part title={title} count={values.length}>
      {values.length <= fewValues ? (
        list
      ) : (
        <details>
          <summary>{`${countInWords(values.length)}: ${values[0]?.name}, ${values[1]?.name}, …`}</summary>
          {list}
        </details>
      )}
    </Part>
  );
}

function shortened(text: string): string {
  const characters = Array.from(text);
  return characters.length <= longestText ? text : `${characters.slice(0, longestText).join('')}…`;
}

async function download(key: number): Promise<void> {
  try {
    const { fileName, file } = await engine().graphFile(key);
    const address = URL.createObjectURL(file);
    const link = document.createElement('a');
    link.href = address;
    link.download = fileName;
    link.click();
    // The browser reads it after the click.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch (error) {
    problem.value = messageOf(error);
  }
}
