import type { FastifyInstance, FastifyReply } from 'fastify';
import { viewAccount } from '../accounts';
import { ApiError } from '../errors';
import type { OwnerView } from '../owner';
import type { Settings } from '../settings';
import type { Simulation } from '../simulation';

interface ChannelPath {
	Params: { channel: string };
}

const PATH = '/v1/faceswap/account';

const notConfigured = () =>
	new ApiError(
		404,
		'Configuration not found. To create configuration use POST v1/faceswap/account/<channel>',
	);

/** The configured channels, and the useapi.net account they belong to. */
export function addAccountRoutes(app: FastifyInstance, simulation: Simulation): void {
	const { accounts, owner, settings } = simulation;
	const view = (channel: string) => {
		const account = accounts.find(channel);
		if (!account) throw notConfigured();
		return viewAccount(account, settings.maskDiscord);
	};

	app.get(PATH, () => {
		if (accounts.size === 0) throw notConfigured();
		return Object.fromEntries(accounts.channels.map((channel) => [channel, view(channel)]));
	});
	app.get<ChannelPath>(`${PATH}/:channel`, ({ params }) => view(params.channel));
	app.post<ChannelPath>(`${PATH}/:channel`, async ({ params, body }, reply) => {
		accounts.put(params.channel, body);
		return await reply.code(204).send();
	});
	app.delete<ChannelPath>(`${PATH}/:channel`, async ({ params }, reply) => {
		if (!accounts.delete(params.channel)) throw notConfigured();
		return await reply.code(204).send();
	});

	const viewOwner = () => owner.view(settings, accounts.channels);
	app.get('/v2/account', viewOwner);
	app.post('/v2/account', async ({ body }, reply) => {
		owner.update(body, settings.emptyReplyUrlClears);
		return await confirm(reply, settings.accountUpdateAnswer, viewOwner());
	});
}

async function confirm(
	reply: FastifyReply,
	{ status, body }: Settings['accountUpdateAnswer'],
	owner: OwnerView,
): Promise<FastifyReply> {
	void reply.code(status);
	if (status === 204 || body === 'none') return await reply.send();
	return body === 'account' ? await reply.send(owner) : await reply.type('text/plain').send('OK');
}
