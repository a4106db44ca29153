// What the benchmark asks of a page, by name: see ../web.ts.
import { tensor } from 'trilu';
import { open } from 'trilu/web';

/** Milliseconds from nothing to a model that is ready, and of its first run. */
async function measureOpening({ model, device, time }) {
  const start = performance.now();
  const session = await open(model, { device });
  const opened = performance.now();
  await session.run({ tokens: tensor('int32', [1, time], new Int32Array(time)) });
  const ran = performance.now();
  await session.dispose();
  return { open: opened - start, run: ran - opened };
}

/** Milliseconds of each training step, plain and replayed from recorded commands, the two taking turns. */
async function measureCapture({ model, state, batch, time, steps, rounds }) {
  const sides = { plain: false, replayed: true };
  const sessions = {};
  for (const [name, graphCapture] of Object.entries(sides)) {
    sessions[name] = await open(model, { device: 'webgpu', graphCapture });
    const tensors = state.map(({ name, type, shape, data }) => [name, tensor(type, shape, data)]);
    await sessions[name].setState(Object.fromEntries(tensors));
  }
  const random = (count) => Int32Array.from({ length: count }, (_, index) => (index * 7919) % 11);
  const feeds = {
    tokens: tensor('int32', [steps, batch, time], random(steps * batch * time)),
    targets: tensor('int32', [steps, batch, time], random(steps * batch * time)),
    learning_rate: tensor('float32', [steps], new Float32Array(steps).fill(1e-3)),
    seed: tensor('int32', [], [1]),
  };
  const times = { plain: [], replayed: [] };
  const losses = { plain: [], replayed: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of Object.keys(sides)) {
      const start = performance.now();
      const { loss } = await sessions[name].step(feeds);
      // The first round compiles shaders, and records.
      if (round > 0) times[name].push((performance.now() - start) / steps);
      losses[name].push(...loss.data);
    }
  }
  for (const session of Object.values(sessions)) await session.dispose();
  return { times, losses };
}

Object.assign(globalThis, { measureOpening, measureCapture });
