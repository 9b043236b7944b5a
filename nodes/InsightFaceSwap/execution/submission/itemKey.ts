import { createHash } from 'crypto';

import type { MultipartForm } from '../../n8nCompat/multipartForm';
import { isGenerated, pathOf, textsOf } from '../buildRequest';
import type { RunContext } from '../runContext';
import type { Task } from '../itemTask';

const digest = (length: number, ...parts: unknown[]): string =>
	createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, length);

/**
 * The beginning of the key of an item, for which no picture is read: a hash of the account, the
 * operation, the channel where the user names one, and the texts.
 * @throws InputError for what cannot be sent
 */
export async function keyWithoutPictures(run: RunContext, task: Task): Promise<string> {
	return textKey(run, task, await textsOf(run.context, run.operation.request, task.read));
}

/**
 * What stands for an item: equal items have the same key, in whatever run they come. A hash that tells
 * nothing of what the user entered.
 * @param form what the item sends, its pictures read to their end
 * @returns nothing where a picture was not read to its end
 */
export function itemKey(run: RunContext, task: Task, form: MultipartForm): string | undefined {
	const pictures = form.files().map(([part, { sha256 }]) => [part, sha256]);
	if (pictures.some(([, sha256]) => sha256 === undefined)) return undefined;
	return textKey(run, task, form.texts()) + digest(22, pictures);
}

/** Without what is new in each run: a reference that the node makes up, and where to resume it. */
function textKey(run: RunContext, task: Task, texts: Array<[string, string]>): string {
	const { request } = run.operation;
	const isResumed = task.settings.waitMode === 'suspend';
	const own = texts.filter(([name, text]) =>
		name === 'replyRef' ? !isGenerated(text) : name !== 'replyUrl' || !isResumed,
	);
	return digest(11, run.account, pathOf(request, task.read), task.channel ?? '', own);
}
