/** Every link of the site. */
export const paths = {
  leaderboard: (orderBy?: string) => (orderBy ? `/?sort=${orderBy}` : '/'),
  experiments: () => '/experiments',
  experiment: (id: string) => `/experiments/${encodeURIComponent(id)}`,
};
