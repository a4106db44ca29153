import { several } from './figures.ts';
import type { Details } from './protocol.ts';
import { details, select, selected } from './state.ts';
import { FileSummary } from './summary-panel.tsx';
import { Facts, Operators, Part, Tensor, Values } from './told.tsx';

/** What is told of the chosen box, or of the whole file. */
export function DetailsPanel() {
  const told = details.value;
  const isCurrent = told !== undefined && told.item === selected.value;
  return (
    <section class="details panel" aria-label="Details">
      {selected.value !== undefined && (
        <button type="button" class="back" onClick={() => select(undefined)}>
          ← The whole file
        </button>
      )}
      {selected.value === undefined ? <FileSummary /> : isCurrent && <Told key={told.item} {...told} />}
    </section>
  );
}

function Told(told: Details) {
  if (told.kind === 'node') return <NodeDetails {...told} />;
  if (told.kind === 'scope') return <ScopeDetails {...told} />;
  const { kind, value } = told;
  return (
    <>
      <h2>{value.name}</h2>
      <p class="quiet">
        {kind === 'input' ? 'An input of the graph' : 'An output of the graph'}: {value.type}
      </p>
      <Part title={kind === 'input' ? 'Read by' : 'Made by'} count={value.places.length}>
        <Values values={[value]} toward={kind === 'input' ? 'to' : 'from'} />
      </Part>
    </>
  );
}

function NodeDetails({
  operator,
  domain,
  name,
  meaning,
  inputs,
  outputs,
  attributes,
  weights,
  nodesInside,
}: Extract<Details, { kind: 'node' }>) {
  return (
    <>
      <h2>{operator}</h2>
      {meaning !== undefined && <p>{meaning}</p>}
      <Facts
        facts={[
          { name: 'name', text: name },
          { name: 'domain', text: domain },
          { name: 'inside', text: nodesInside === 0 ? '' : several(nodesInside, 'node') },
        ]}
      />
      <Part title="Attributes" count={attributes.length}>
        <Facts facts={attributes} />
      </Part>
      <Part title="Stored numbers it reads" count={weights.length}>
        {weights.map((tensor, index) => (
          <Tensor key={`${index} ${tensor.name}`} {...tensor} />
        ))}
      </Part>
      <Part title="Reads" count={inputs.length}>
        <Values values={inputs} toward="from" />
      </Part>
      <Part title="Makes" count={outputs.length}>
        <Values values={outputs} toward="to" />
      </Part>
    </>
  );
}

function ScopeDetails({ title, name, nodes, parameters, operators, values }: Extract<Details, { kind: 'scope' }>) {
  return (
    <>
      <h2>{title}</h2>
      <Facts
        facts={[
          { name: 'path', text: name === title ? '' : name },
          { name: 'nodes', text: nodes === 0 ? '' : nodes.toLocaleString('en') },
          { name: 'parameters', text: nodes === 0 ? '' : parameters.toLocaleString('en') },
        ]}
      />
      <Part title="Most frequent operators" count={operators.length}>
        <Operators operators={operators} />
      </Part>
      <Part title="Values" count={values.length}>
        <Values values={values} toward={name.endsWith('outputs') || title.startsWith('outputs') ? 'from' : 'to'} />
      </Part>
    </>
  );
}
