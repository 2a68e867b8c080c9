/** Says that this server answers; nothing about the API. */
export const GET = (): Response => Response.json({ status: 'ok' });
export const dynamic = 'force-dynamic';
