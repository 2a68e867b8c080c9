import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';

/** The deepest query of the web and of the demo has 7 levels. */
export const MAX_DEPTH = 12;
/** Selected fields, fragments written out: what the web's biggest page asks for is below 200. */
export const MAX_FIELDS = 1000;
/** What a field counts for that is a matrix of layers by layers in the answer. */
const MATRIX_FIELDS = 50;
const MATRICES: ReadonlySet<string> = new Set(['cka', 'cosine', 'angular']);
/** Fields at the top, aliases included: each costs statements of its own (I-40). */
export const MAX_ROOT_FIELDS = 20;
/** Tokens of a document; parsing stops there. */
export const MAX_TOKENS = 5000;

interface Extent {
  readonly depth: number;
  readonly fields: number;
}

/** Introspection is of fixed size and deep by nature. */
const isIntrospection = (name: string): boolean => name === '__schema' || name === '__type';

/** Measures selections with fragments written out, each fragment once, so that a small document cannot cost much here. */
class ExtentMeasurer {
  private readonly known = new Map<string, Extent>();

  constructor(private readonly fragmentOf: (name: string) => FragmentDefinitionNode | undefined) {}

  /** Fields at the top, those of fragments included. */
  countRootFields({ selections }: SelectionSetNode): number {
    return selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) return sum + 1;
      const inner =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection.selectionSet
          : this.fragmentOf(selection.name.value)?.selectionSet;
      return sum + (inner ? this.countRootFields(inner) : 0);
    }, 0);
  }

  measure({ selections }: SelectionSetNode): Extent {
    let depth = 0;
    let fields = 0;
    for (const selection of selections) {
      const inner = this.measureSelection(selection);
      depth = Math.max(depth, inner.depth);
      fields += inner.fields;
    }
    return { depth, fields };
  }

  private measureSelection(selection: SelectionSetNode['selections'][number]): Extent {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.measureFragment(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.measure(selection.selectionSet);
    if (isIntrospection(selection.name.value)) return { depth: 1, fields: 1 };
    const inner = selection.selectionSet ? this.measure(selection.selectionSet) : { depth: 0, fields: 0 };
    const own = MATRICES.has(selection.name.value) ? MATRIX_FIELDS : 1;
    return { depth: inner.depth + 1, fields: inner.fields + own };
  }

  private measureFragment(name: string): Extent {
    const known = this.known.get(name);
    if (known) return known;
    const fragment = this.fragmentOf(name);
    // Unknown fragments and cycles were refused before: rules of the specification.
    if (!fragment) return { depth: 0, fields: 0 };
    const extent = this.measure(fragment.selectionSet);
    this.known.set(name, extent);
    return extent;
  }
}

const tooBig = (what: string, found: number, limit: number): GraphQLError =>
  new GraphQLError(`The operation is too big: ${found} ${what}, at most ${limit} are allowed.`, {
    extensions: { code: 'API.OPERATION_TOO_BIG', http: { status: 400 } },
  });

/** Throws `API.SUBSCRIPTION_ELSEWHERE`: a request that is answered once cannot follow anything. */
export function refuseSubscription({ operation }: OperationDefinitionNode): void {
  if (operation !== OperationTypeNode.SUBSCRIPTION) return;
  throw new GraphQLError(
    'Subscriptions are answered at POST /graphql/stream, with the header accept: text/event-stream.',
    {
      extensions: { code: 'API.SUBSCRIPTION_ELSEWHERE', http: { status: 400 } },
    },
  );
}

/** Throws `API.OPERATION_TOO_BIG` for an operation that is too deep or selects too much (I-35). Nothing has run by then. */
export function checkOperationSize(document: DocumentNode, { selectionSet }: OperationDefinitionNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const measurer = new ExtentMeasurer((name) => fragments.get(name));
  const { depth, fields } = measurer.measure(selectionSet);
  if (depth > MAX_DEPTH) throw tooBig('levels', depth, MAX_DEPTH);
  if (fields > MAX_FIELDS) throw tooBig('fields', fields, MAX_FIELDS);
  const roots = measurer.countRootFields(selectionSet);
  if (roots > MAX_ROOT_FIELDS) throw tooBig('root fields', roots, MAX_ROOT_FIELDS);
}
