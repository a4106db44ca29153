import { loadOnnxRuntime } from './load.ts';
import type { PlacementTask } from './placement-log.ts';

// The process that loads a model to hear what ONNX Runtime logs of it.
const task: PlacementTask = JSON.parse(process.argv[2] ?? '{}');
const runtime = await loadOnnxRuntime();
runtime.env.logLevel = 'verbose';
const session = await runtime.InferenceSession.create(task.model, { ...task.sessionOptions, logSeverityLevel: 0 });
await session.release();
