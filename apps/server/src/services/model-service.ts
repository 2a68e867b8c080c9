import { basename, dirname, isAbsolute } from 'node:path';
import { isCodedError } from '@swm/core/errors';
import { z } from 'zod';
import type { Model, PrismaClient } from '../db/generated/client.js';
import { decodeCursor, idKeySchema, type Page, type PageRequest, pageOf, pageSize } from './page.js';
import type { TeamScope } from './team-scope.js';
import { asUserError, type UserError } from './user-error.js';

/** What a look into a model folder finds; nothing of it is believed without a check. */
export interface InspectedModel {
  /** Absolute, links resolved. */
  readonly folder: string;
  /** The weights digest of the model as it is. */
  readonly revision: string;
  readonly architecture: string;
  readonly depth: number;
  readonly parameterCount: bigint;
  readonly layerParameterCount: bigint;
  readonly sizeBytes: bigint;
}

/** Facts of a built-in model, known before it is converted. */
export interface BuiltinFacts extends Omit<InspectedModel, 'folder' | 'revision'> {
  readonly source: string;
  readonly title: string;
  readonly provenance: string;
}

/** The part of registering that reads files: given by the composition root. */
export interface ModelInspector {
  readonly builtins: readonly BuiltinFacts[];
  /** The folder a built-in model is converted into, when it has been. */
  convertedFolder(source: string): Promise<string | null>;
  /** Opens a folder strictly and hashes its weights. Throws `MODEL.*`, `CHECKPOINT.*` or `ARCHITECTURE.*`. */
  inspect(folder: string): Promise<InspectedModel>;
}

export interface RegisteredModel {
  readonly model: Model | null;
  readonly wasDeduplicated: boolean;
  readonly userErrors: readonly UserError[];
}

const nameSchema = z.string().trim().min(1).max(100);

const refused = (...userErrors: readonly UserError[]): RegisteredModel => ({
  model: null,
  wasDeduplicated: false,
  userErrors,
});

/** Models: registering, reading. */
export class ModelService {
  constructor(
    private readonly db: PrismaClient,
    private readonly inspector: ModelInspector,
  ) {}

  /** Registers a built-in model or a folder. The same source with the same weights is the same model. */
  async register(
    scope: TeamScope,
    input: { readonly source: string; readonly name: string | null },
  ): Promise<RegisteredModel> {
    const name = input.name === null ? null : nameSchema.safeParse(input.name);
    if (name && !name.success)
      return refused({
        code: 'MODEL.NAME_INVALID',
        field: ['name'],
        message: 'A name has 1 to 100 characters.',
        hint: 'Give a shorter name, or leave it out.',
      });
    try {
      if (input.source.startsWith('builtin:'))
        return await this.registerBuiltin(scope, input.source, name?.data ?? null);
      return await this.registerFolder(scope, input.source, name?.data ?? null);
    } catch (error) {
      // What is wrong with a folder is for the caller to see; anything else is for us.
      if (isCodedError(error) && /^(MODEL|CHECKPOINT|ARCHITECTURE)\./.test(error.code))
        return refused(asUserError(error, ['source']));
      throw error;
    }
  }

  get({ teamId }: TeamScope, id: string): Promise<Model | null> {
    if (!z.uuid().safeParse(id).success) return Promise.resolve(null);
    return this.db.model.findFirst({ where: { id, teamId } });
  }

  /** Models by id, for a loader; missing and foreign ones are absent. */
  byIds({ teamId }: TeamScope, ids: readonly string[]): Promise<Model[]> {
    return this.db.model.findMany({ where: { id: { in: [...ids] }, teamId } });
  }

  /** Newest first. */
  async list({ teamId }: TeamScope, request: PageRequest): Promise<Page<Model>> {
    const first = pageSize(request.first);
    const after = decodeCursor(request.after, idKeySchema);
    const where = { teamId };
    const [rows, totalCount] = await Promise.all([
      this.db.model.findMany({
        where: { ...where, ...(after ? { id: { lt: after } } : {}) },
        orderBy: { id: 'desc' },
        take: first + 1,
      }),
      this.db.model.count({ where }),
    ]);
    return pageOf(rows, { first, totalCount, keyOf: ({ id }) => id });
  }

  private async registerBuiltin({ teamId }: TeamScope, source: string, name: string | null): Promise<RegisteredModel> {
    const facts = this.inspector.builtins.find((builtin) => builtin.source === source);
    if (!facts)
      return refused({
        code: 'MODEL.UNKNOWN_BUILTIN',
        field: ['source'],
        message: 'There is no built-in model of that name.',
        hint: `Use one of ${this.inspector.builtins.map((builtin) => builtin.source).join(', ')}, or the absolute path of a folder.`,
      });
    const folder = await this.inspector.convertedFolder(source);
    const found = folder === null ? null : await this.inspector.inspect(folder);
    const known = await this.db.model.findFirst({
      where: { teamId, source, ...(found ? { OR: [{ revision: found.revision }, { revision: null }] } : {}) },
      orderBy: { createdAt: 'desc' },
    });
    if (known) return { model: known, wasDeduplicated: true, userErrors: [] };
    const { title, provenance, architecture, depth, parameterCount, layerParameterCount, sizeBytes } = facts;
    const declared = { architecture, depth, parameterCount, layerParameterCount, sizeBytes };
    return this.create({
      ...{ teamId, source, provenance, name: name ?? title },
      ...(found ?? { ...declared, folder: null, revision: null }),
    });
  }

  private async registerFolder({ teamId }: TeamScope, path: string, name: string | null): Promise<RegisteredModel> {
    if (!isAbsolute(path) || path.includes('\0'))
      return refused({
        code: 'MODEL.SOURCE_INVALID',
        field: ['source'],
        message: 'The source is neither a built-in model nor an absolute path.',
        hint: 'Give the absolute path of a folder with config.json and safetensors files, or builtin:smollm2-135m.',
      });
    const found = await this.inspector.inspect(path);
    const key = { teamId, source: found.folder, revision: found.revision };
    const known = await this.db.model.findFirst({ where: key });
    if (known) return { model: known, wasDeduplicated: true, userErrors: [] };
    return this.create({
      ...key,
      ...found,
      provenance: 'A folder of this machine.',
      name: name ?? folderName(found.folder),
    });
  }

  /** Creates a row, or finds the one that a request beside this one has just made. */
  private async create(data: Omit<Model, 'id' | 'createdAt'>): Promise<RegisteredModel> {
    const { teamId, source, revision } = data;
    const { count } = await this.db.model.createMany({ data: [data], skipDuplicates: true });
    const model = await this.db.model.findFirstOrThrow({ where: { teamId, source, revision } });
    return { model, wasDeduplicated: count === 0, userErrors: [] };
  }
}

/** The folder's own name; of a hub snapshot the model's. */
function folderName(folder: string): string {
  const parent = dirname(folder);
  const name = basename(parent) === 'snapshots' ? basename(dirname(parent)).replace(/^models--/, '') : basename(folder);
  return name.replaceAll('--', '/').slice(0, 100);
}
