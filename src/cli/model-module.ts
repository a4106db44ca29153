import { existsSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { modelNamed } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import type { Model } from '../model/index.ts';
import type { TokenizerKind } from '../text/tokenizer.ts';
import { importUserModule } from './user-module.ts';

/** A model that a command works on, and the module that defines it where it is a user's own. */
export interface ChosenModel {
  readonly model: Model;
  /** The absolute path of the module. */
  readonly module?: string;
  /** The kind of tokenizer that the module exports beside its model. */
  readonly tokenizer?: TokenizerKind | undefined;
}

/** Whether a name is the path of a module rather than the name of a model. */
export function isModulePath(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name);
}

/**
 * Loads a module that exports `model`, and `tokenizer` where its models are not of characters.
 * @throws UserError when the file is missing, fails to load, exports no model or several, or a tokenizer that is no kind of them
 */
export async function loadModelModule(path: string): Promise<ChosenModel> {
  const module = resolve(path);
  if (!existsSync(module)) {
    throw new UserError(`There is no module ${path}: give the path of a file that exports a model.`, { exitCode: 2 });
  }
  const exported = await importModule(path);
  const models = new Map(
    Object.entries(exported).flatMap(([name, value]) => (isModel(value) ? [[value, name] as const] : [])),
  );
  const { model, tokenizer } = exported;
  if (models.size > 1) {
    throw new UserError(
      `${path} exports ${models.size} models, ${[...models.values()].join(' and ')}: export one, as \`model\`.`,
      { exitCode: 2 },
    );
  }
  if (!isModel(model)) {
    const [other] = models.values();
    const found = other === undefined ? '' : ` (it is exported as \`${other}\`)`;
    throw new UserError(
      `${path} exports no \`model\`${found}: it must say \`export const model = defineModel({ … })\`.`,
      { exitCode: 2 },
    );
  }
  if (tokenizer !== undefined && !isTokenizerKind(tokenizer)) {
    throw new UserError(
      `${path} exports a \`tokenizer\` that is no kind of tokenizer: it must say \`export const tokenizer = defineTokenizer({ … })\`.`,
      { exitCode: 2 },
    );
  }
  return { model, module, tokenizer };
}

async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await importUserModule(path);
  } catch (cause) {
    if (cause instanceof UserError) throw new UserError(`${path}: ${cause.message}`, { cause });
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /ts$/.test(path)) {
      throw new UserError(
        `${path} is TypeScript, which Node ${process.versions.node} can't load: use Node 22.18 or newer, or compile it to JavaScript.`,
        { exitCode: 2, cause },
      );
    }
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new UserError(`${path} can't be loaded: ${reason}`, { cause });
  }
}

function isModel(value: unknown): value is Model {
  return has(value, 'configure') && 'settings' in value && 'name' in value;
}

function isTokenizerKind(value: unknown): value is TokenizerKind {
  return has(value, 'reads') && has(value, 'fromJSON') && 'name' in value;
}

/** Whether something is an object with a function of that name. */
function has(value: unknown, method: string): value is object {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function';
}

/** A module's path as a run remembers it: from the run's directory on, with slashes. */
export function rememberedModule(directory: string, module: string): string {
  return relative(resolve(directory), module).split(sep).join('/');
}

/** The model that is asked for by name or by the path of its module. @throws UserError when there is none */
export async function chooseModel(name: string): Promise<ChosenModel> {
  return isModulePath(name) ? loadModelModule(name) : { model: modelNamed(name) };
}
