import { type ClassType, Field, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Where a page ends and whether another follows.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more rows follow.' })
  hasNextPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Pass it as `after` for the next page; null for an empty page.' })
  endCursor!: string | null;
}

/** A page of rows as services give it. */
interface RowPage<Row> {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly hasNextPage: boolean;
  readonly totalCount: number;
}

/** The Relay connection of a node type: `<Name>Connection` and `<Name>Edge`. */
export function connectionOf<Node extends object>(name: string, nodeType: () => ClassType<Node>) {
  @ObjectType(`${name}Edge`, { description: `A ${name} in a list, with its cursor.` })
  class Edge {
    @Field(() => String, { description: 'Pass it as `after` to go on behind this row.' })
    cursor!: string;

    @Field(nodeType, { description: 'The row.' })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name}.` })
  class Connection {
    @Field(() => [Edge], { description: 'The rows with their cursors.' })
    edges!: readonly Edge[];

    @Field(() => [nodeType()], { description: 'The rows.' })
    nodes!: readonly Node[];

    @Field(() => PageInfo, { description: 'Where this page ends.' })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'Rows of the whole list.' })
    totalCount!: number;
  }
  return Connection;
}

/** A page of rows as a connection of nodes; rows that give no node are left out. */
export function toConnection<Row, Node>(page: RowPage<Row>, toNode: (row: Row) => Node | null) {
  const edges = page.edges.flatMap(({ cursor, node: row }) => {
    const node = toNode(row);
    return node === null ? [] : [{ cursor, node }];
  });
  const endCursor = page.edges.at(-1)?.cursor ?? null;
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: { hasNextPage: page.hasNextPage, endCursor },
    totalCount: page.totalCount,
  };
}
