import { badRequest, missingParam } from './errors';
import type { Form, Upload } from './form';
import { refusals, texts } from './undocumented';
import type { Verb } from './verbs';

const MAX_REPLY = 1024;
const PROMPTS = ['prompt', 'a_background_photo_of'];
const PICTURE_TYPE = /^(image\/|application\/octet-stream$)/;

/**
 * Refuses what the API refuses before it accepts a job, with the API's texts.
 * @throws ApiError 400, or 422 for a prompt with the word `forbidden`
 */
export function checkForm(verb: Verb, form: Form): void {
	for (const name of verb.requiredTexts) {
		if (!form.texts.get(name)?.trim()) throw missingParam(name);
	}
	checkPictures(verb, form);
	checkReply(verb, form);
	checkPrompt(form);
}

/** For /picsi the documented texts name both pictures at once. */
function checkPictures(verb: Verb, form: Form): void {
	const together = verb.name === 'picsi' ? verb.pictures.join(' or ') : undefined;
	for (const name of verb.pictures) {
		const file = form.files.get(name);
		if (isMissing(form, name)) throw missingParam(together ?? name);
		if (!file || !isFile(file)) throw badRequest(`Param ${together ?? name} is not File or Blob`);
	}
}

function isMissing(form: Form, name: string): boolean {
	const file = form.files.get(name);
	return file ? file.size === 0 : !form.texts.get(name);
}

function isFile({ filename, contentType }: Upload): boolean {
	if (contentType.startsWith('video/')) throw badRequest(texts.video);
	return Boolean(filename) && PICTURE_TYPE.test(contentType);
}

function checkReply(verb: Verb, form: Form): void {
	const together = verb.name === 'picsi' ? 'replyUrl or replyRef' : undefined;
	for (const name of ['replyRef', 'replyUrl']) {
		if ((form.texts.get(name)?.length ?? 0) > MAX_REPLY) {
			throw badRequest(`Optional param ${together ?? name} is too long`);
		}
	}
}

function checkPrompt(form: Form): void {
	for (const name of PROMPTS) {
		if (/\bforbidden\b/i.test(form.texts.get(name) ?? '')) {
			throw refusals.moderated(name);
		}
	}
}
