import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType('Team', { description: 'Who models and experiments belong to.' })
export class TeamType {
  @Field(() => ID, { description: 'Its id.' })
  id!: string;

  @Field(() => String, { description: 'Its short name in addresses.' })
  slug!: string;

  @Field(() => String, { description: 'Its name.' })
  name!: string;
}

@ObjectType({ description: 'Who is calling.' })
export class Viewer {
  @Field(() => TeamType, { description: 'The team of the token.' })
  team!: TeamType;
}
