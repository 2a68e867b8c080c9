/** Whose data a call may see. Every service method takes one and asks the database with it: nothing is found without (I-33, I-34). */
export interface TeamScope {
  readonly teamId: string;
}
