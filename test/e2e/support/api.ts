/** The simulated API as tests see it, with secrets that they choose themselves. */
import { createHash, randomBytes } from 'node:crypto';
import { startSimulator, type JobView, type Settings, type Simulator } from '../../../simulator';
import { until } from '../../../tooling/n8n/until';

/** An API token of the right form that nobody has seen before. */
export const newApiToken = () => `user:4242-${randomBytes(12).toString('hex')}`;

/** A Discord token of the right form that nobody has seen before. */
export function newDiscordToken(): string {
	const random = (bytes: number) => randomBytes(bytes).toString('hex');
	return `M${random(12).slice(0, 23)}.${random(3)}.${random(19)}`;
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A simulator with a token of its own. */
export async function startApi(settings: Partial<Settings> = {}): Promise<Simulator> {
	return await startSimulator({ token: newApiToken(), ...settings });
}

/** SHA-256 of the result that a job has at the API. */
export async function resultOf({ attachments, jobid }: JobView): Promise<string> {
	const [attachment] = attachments ?? [];
	if (!attachment) throw new Error(`The job ${jobid} has no result`);
	const response = await fetch(attachment.url);
	return sha256(new Uint8Array(await response.arrayBuffer()));
}

/** SHA-256 of each file that was uploaded to a path, by the part's name, in the order sent. */
export function uploadsTo({ journal }: Simulator, path: string): Array<Record<string, string>> {
	const uploads = journal.filter((entry) => entry.path.startsWith(path));
	return uploads.map(({ parts }) =>
		Object.fromEntries(
			parts.flatMap((part) => ('sha256' in part ? [[part.name, part.sha256]] : [])),
		),
	);
}

/** Waits until a trigger has become the account's reply URL: n8n 2 activates after it has answered. */
export async function registered({ journal }: Simulator): Promise<void> {
	await until('the trigger to register', async () =>
		journal.some(
			({ method, path, status }) => method === 'POST' && path === '/v2/account' && status === 200,
		),
	);
}
