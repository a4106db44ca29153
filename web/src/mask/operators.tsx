import { useSignal } from '@preact/signals';
import { messageOf } from '../shared/errors.ts';
import { Message } from '../shared/message.tsx';
import type { GraphName, ShownGraph, ShownNode, ShownValue } from './protocol.ts';
import { saveGraph } from './save.ts';

interface OperatorsProps {
  /** Which graph it is, to save it. */
  readonly name: GraphName;
  readonly graph: ShownGraph | undefined;
  /** What its first input is fed. */
  readonly fed?: string | undefined;
  /** A graph whose nodes were shown before: what is new is pointed out. */
  readonly after?: ShownGraph | undefined;
  /** What the button that saves says, where it is not just this graph. */
  readonly save?: string;
  /** What the graph is called, where that is not clear. */
  readonly title?: string;
  /** As a chain of operators, without the values between them. */
  readonly chain?: boolean;
}

/** The nodes of the graph that was run, in their order, as they stand in its file. */
export function Operators({
  name,
  graph,
  fed,
  after,
  save = 'Save this graph',
  title = 'Its ONNX graph',
  chain = false,
}: OperatorsProps) {
  const problem = useSignal<string | undefined>(undefined);
  const keep = async (): Promise<void> => {
    problem.value = undefined;
    try {
      await saveGraph(name);
    } catch (error) {
      problem.value = messageOf(error);
    }
  };
  return (
    <div class="operators">
      <p>{title}</p>
      {chain ? <Chain nodes={graph?.nodes ?? []} /> : <Flow graph={graph} fed={fed} after={after} />}
      <button type="button" class="link" onClick={keep} disabled={graph === undefined}>
        {save}
      </button>
      {problem.value !== undefined && <Message kind="problem">{problem.value}</Message>}
    </div>
  );
}

/** Every node with the values that it reads and makes. */
function Flow({ graph, fed = 'what is fed', after }: Pick<OperatorsProps, 'graph' | 'fed' | 'after'>) {
  const known = new Set(after?.nodes.map(lineOf));
  return (
    <ol class="nodes">
      {graph?.inputs.map((input) => (
        <li key={input} class="fed">
          <code>{input}</code> <span class="quiet">{fed}</span>
        </li>
      ))}
      {graph?.nodes.map((node) => (
        <li key={lineOf(node)} class={known.has(lineOf(node)) ? 'known' : undefined}>
          <code class="operator">{node.operator}</code>
          <Tags texts={tagsOf(node)} />
          <code class="values">
            <Values values={node.inputs.filter(({ name }) => name !== undefined)} />
            {' → '}
            <Values values={node.outputs} />
          </code>
        </li>
      ))}
    </ol>
  );
}

function Chain({ nodes }: Pick<ShownGraph, 'nodes'>) {
  return (
    <ol class="chain">
      {nodes.map((node) => (
        <li key={lineOf(node)} title={lineOf(node)}>
          <code>
            {node.operator}
            {tagsOf(node).length > 0 && `(${tagsOf(node).join(', ')})`}
          </code>
        </li>
      ))}
    </ol>
  );
}

function Tags({ texts }: { readonly texts: readonly string[] }) {
  return (
    <>
      {texts.map((text) => (
        <code key={text} class="tag">
          {text}
        </code>
      ))}
    </>
  );
}

function Values({ values }: { readonly values: readonly ShownValue[] }) {
  return (
    <>
      {values.map(({ name, text }, index) => (
        <span key={name} title={name}>
          {index > 0 && ', '}
          {text}
        </span>
      ))}
    </>
  );
}

/** Attributes, and the numbers that a node reads from the file. */
function tagsOf({ attributes, inputs }: ShownNode): readonly string[] {
  return [...attributes, ...inputs.flatMap(({ name, text }) => (name === undefined ? [text] : []))];
}

/** A node as a line of text: what tells it from others. */
function lineOf({ operator, attributes, inputs, outputs }: ShownNode): string {
  const names = [inputs, outputs].map((values) => values.map(({ text }) => text).join(', '));
  return `${names[1]} = ${operator}(${names[0]}; ${attributes.join(', ')})`;
}
