import type { DeviceReport, ModelChoice, ModelInfo, NamedFile } from './model-info.ts';
import { modelChoices, openedModel, takeModel } from './opened-models.ts';

/** What the page may ask of the engine about models. */
export const modelCalls = {
  /** The devices that this browser has, and those that it could have. */
  devices: async (): Promise<readonly DeviceReport[]> => (await import('../../../src/web.ts')).devices(),

  /** All models that can be chosen. */
  models: (): Promise<readonly ModelChoice[]> => modelChoices(),

  /** Opens a model. */
  model: async (id: string): Promise<ModelInfo> => (await openedModel(id)).info,

  /** Takes a model that was dropped onto the page. */
  takeModel: (files: readonly NamedFile[]): Promise<ModelInfo> => takeModel(files),
};
