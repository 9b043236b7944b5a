import { createHash } from 'crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { commonParts } from '../actions/fields';
import type { FormPart, TextPart } from '../actions/types';
import type { ApiCall } from '../api/client';
import { generatedReference, isGenerated } from '../api/job';
import { pictureFile } from '../files/pictureFile';
import { withTriggerSecret } from '../jobs/callbackAddress';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { InputError, requireText } from '../shared/validation';
import type { Item } from './item';
import type { Run } from './run';
import { withResumeUrl } from './suspend';

/**
 * What the item sends, but for the channel. It is built once. All that the user entered is checked here,
 * before anything is sent.
 * @throws InputError for what cannot be sent
 */
export async function callOf(run: Run, item: Item): Promise<ApiCall> {
	item.call ??= await built(run, item);
	return item.call;
}

async function built(run: Run, item: Item): Promise<ApiCall> {
	const { request, answer } = run.operation;
	const { method, query, form, json, discordToken } = request;
	const anyAnswer = 'readFrom' in answer;
	const call: ApiCall = { method, path: pathOf(run, item), query: query?.(item.read), anyAnswer };
	if (form) call.body = await formOf(run, item, form);
	if (json) call.body = jsonOf(run, json(item.read));
	if (discordToken) return await withDiscordToken(run.context, call, item.index);
	return item.settings.waitMode === 'suspend' ? withResumeUrl(run, item, call) : call;
}

async function formOf(run: Run, item: Item, parts: FormPart[]): Promise<MultipartForm> {
	const form = new MultipartForm();
	const filled = [...parts, ...commonParts].map(async (part) => ({
		name: part.part,
		value:
			'picture' in part
				? await pictureFile(run.context, item.index, part, item.read)
				: textOf(run, item, part),
	}));
	for (const { name, value } of await Promise.all(filled)) if (value) form.append(name, value);
	notePictures(run, item, parts, form);
	return run.isSubmission && form.text('replyRef') === undefined
		? form.with('replyRef', generatedReference())
		: form;
}

/** Keeps the pictures where the user wants them back, and warns of what is sent although it looks wrong. */
function notePictures(run: Run, item: Item, parts: FormPart[], form: MultipartForm): void {
	const files = form.files();
	for (const [name, { binary, warning }] of files) {
		if (warning) run.hints.warnings.add(warning);
		const part = parts.find((one) => one.part === name);
		const isKept = item.settings.keepInputPictures && part && 'picture' in part;
		if (isKept && binary) item.inputPictures[part.label.toLowerCase()] = binary;
	}
	const [face, picture] = files.map(([, { binary }]) => binary?.id ?? binary?.data);
	if (face === undefined || face !== picture) return;
	run.hints.warnings.add(
		`Face and Picture are the same file (item ${item.index}): the swap changes nothing, and costs credits.`,
	);
}

function pathOf({ operation: { request } }: Run, { read }: Item): string {
	return typeof request.path === 'string' ? request.path : request.path(read);
}

function textOf(run: Run, { read }: Item, { part, text }: TextPart): string | undefined {
	const value = text(read);
	return part === 'replyUrl' && value ? withSecretOfTrigger(run, value) : value;
}

function jsonOf(run: Run, body: IDataObject): IDataObject {
	const { replyUrl } = body;
	if (typeof replyUrl !== 'string' || !replyUrl) return body;
	return { ...body, replyUrl: withSecretOfTrigger(run, replyUrl) };
}

/** A trigger may be the reply URL as n8n shows it: its secret is added. */
const withSecretOfTrigger = ({ token, origin }: Run, url: string): string =>
	withTriggerSecret(url, token, origin);

/** The call as it is sent on a channel. */
export function withChannel(call: ApiCall, channel: string | undefined): ApiCall {
	const { body } = call;
	return channel && body instanceof MultipartForm
		? { ...call, body: body.with('channel', channel) }
		: call;
}

async function withDiscordToken(
	context: IExecuteFunctions,
	call: ApiCall,
	itemIndex: number,
): Promise<ApiCall> {
	const entered = await context.getCredentials('useApiNetDiscordApi', itemIndex).catch(() => {
		throw new InputError(
			'No credential with the Discord Token is chosen',
			'Choose or create one in "Credential for the Discord Account" at the top of the node.',
		);
	});
	const discord = requireText(entered.discordToken, 'Discord Token');
	return { ...call, body: { ...(call.body as IDataObject), discord }, secrets: [discord] };
}

/**
 * What stands for an item: a hash of the account, the operation, the channel where the user names one, the texts and
 * the pictures. Equal items have the same key, in whatever run they come: it leaves out what is new in each run,
 * which is a reference that the node makes up, and where to resume it.
 * @returns nothing where a picture was not read to its end
 */
export function keyOf(run: Run, item: Item): string | undefined {
	const { form, channel = '', settings } = item;
	if (!form) return undefined;
	const pictures = form.files().map(([part, { sha256 }]) => [part, sha256]);
	if (pictures.some(([, sha256]) => sha256 === undefined)) return undefined;
	const isResumed = settings.waitMode === 'suspend';
	const texts = form
		.texts()
		.filter(([part, text]) => !(part === 'replyRef' && isGenerated(text)))
		.filter(([part]) => !(part === 'replyUrl' && isResumed));
	const parts = [run.owner, pathOf(run, item), channel, texts, pictures];
	return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
