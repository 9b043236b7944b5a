import type { Account } from './accounts';
import type { Picture } from './attachments';
import type { Form, Upload } from './form';
import { BotRefusal, type Identity } from './identities';
import { jobId, snowflake } from './ids';
import type { FinalStatus } from './jobs';
import { changeBackground } from './pictures/background';
import { drawHeadshot } from './pictures/headshot';
import { plainPicture } from './pictures/plain';
import { UnreadablePicture } from './pictures/raster';
import { swapFace } from './pictures/swap';
import { isGif, targetOf } from './price';
import { botWords } from './undocumented';
import type { Verb } from './verbs';

/** The input of a command. */
export interface Task {
	verb: Verb;
	form: Form;
	account: Account;
	/** The price. */
	credits: number;
	/** Whether results are drawn. Otherwise they have `resultSize` bytes. */
	draw: boolean;
	resultSize: number | undefined;
	/** The picture in a message of the channel. */
	pictureOfMessage: (messageId: string) => Buffer | undefined;
}

/** The bot's message. */
export interface BotReply {
	status: FinalStatus;
	/** If unset, the text of the first message stays. */
	content?: string;
	picture?: Picture;
}

const MAX_GIF_BYTES = 10 * 1024 * 1024;
const USER = `<@${snowflake()}>`;

/** Runs a command. A refusal of the bot is a reply too. */
export async function obey(task: Task): Promise<BotReply> {
	try {
		return { status: 'completed', ...(await command(task)) };
	} catch (error) {
		if (error instanceof BotRefusal) return { status: 'failed', content: error.message };
		if (!(error instanceof UnreadablePicture)) throw error;
		return { status: 'failed', content: botWords.noFaceInPicture };
	}
}

/** The bot's message when it accepts a command whose result comes later. */
export function submitted(task: Task): string {
	const { verb, form, account, credits } = task;
	const { face, rest } = promptOf(task);
	const prompt = rest || form.texts.get('a_background_photo_of');
	const { total, used } = account.credits ?? { total: 0, used: 0 };
	return [
		`${USER} Picsi.Ai ${verb.title} Job Submitted [jobid: ${jobId()}] [credits: ${credits}]`,
		...(prompt ? [`[prompt: '${prompt}']`] : []),
		`[time: ${new Date().toISOString()}] [SaveID: '${face ?? account.identities.default ?? '_'}']`,
		`(${total - used}/${total} credits remaining)`,
	].join(' ');
}

type Answer = Omit<BotReply, 'status'>;

async function command(task: Task): Promise<Answer> {
	switch (task.verb.name) {
		case 'saveid':
			return { content: saveIdentity(task, text(task, 'idname'), 'image') };
		case 'setid':
			task.account.identities.setDefault(text(task, 'idname'));
			return { content: botWords.defaultSet(text(task, 'idname')) };
		case 'listid':
			return { content: task.account.identities.describe() };
		case 'delid':
			task.account.identities.delete(text(task, 'idname'));
			return { content: `idname ${text(task, 'idname')} deleted` };
		case 'delall':
			task.account.identities.clear();
			return { content: botWords.allDeleted };
		case 'swapid':
			return await swapIdentity(task);
		case 'swap':
			return await swapTwo(task);
		case 'inswapper':
			return await swapMessage(task);
		case 'picsi':
			return await swapDirectly(task);
		case 'changebg':
			return await changeBg(task);
		case 'headshot':
			return await headshot(task);
	}
}

function saveIdentity({ form, account }: Task, name: string, part: string): string {
	account.identities.save({ name, picture: form.files.get(part)?.data });
	return `idname ${name} created`;
}

async function swapIdentity(task: Task): Promise<Answer> {
	const identity = task.account.identities.find(text(task, 'idname'));
	return await swapped(task, identity?.picture, upload(task, 'image'));
}

/** Without a name the face is saved as `id`. */
async function swapTwo(task: Task): Promise<Answer> {
	saveIdentity(task, text(task, 'saveid_idname') || 'id', 'saveid_image');
	const use = text(task, 'swapid_idname');
	const source = use ? task.account.identities.find(use)?.picture : upload(task, 'saveid_image');
	return await swapped(task, source, upload(task, 'swapid_image'));
}

async function swapMessage(task: Task): Promise<Answer> {
	const messageId = text(task, 'targetMessageId');
	const target = task.pictureOfMessage(messageId);
	if (!target) throw new BotRefusal(botWords.noImage(messageId));
	const identity = defaultIdentity(task);
	if (!identity) throw new BotRefusal(botWords.noFaces);
	return await swapped(task, identity.picture, target);
}

async function swapDirectly(task: Task): Promise<Answer> {
	return await swapped(
		task,
		upload(task, 'source_image'),
		upload(task, 'target_image_gif_or_video'),
	);
}

/** Without a source face, the target is returned unchanged. */
async function swapped(task: Task, source?: Buffer, target?: Buffer): Promise<Answer> {
	checkGif(targetOf(task.verb, task.form));
	const picture =
		task.draw && target ? await swapFace(source ?? target, target) : await plain(task);
	return { content: USER, picture };
}

async function changeBg(task: Task): Promise<Answer> {
	const image = upload(task, 'image');
	const prompt = text(task, 'a_background_photo_of');
	return {
		picture: task.draw && image ? await changeBackground(image, prompt) : await plain(task),
	};
}

async function headshot(task: Task): Promise<Answer> {
	const { face } = promptOf(task);
	const saved = face === undefined ? defaultIdentity(task) : task.account.identities.find(face);
	const prompt = text(task, 'prompt');
	return { picture: task.draw ? await drawHeadshot(prompt, saved?.picture) : await plain(task) };
}

/** A headshot's prompt, which may begin with a saved name: `me, a mad king`. */
function promptOf(task: Task): { face?: string; rest: string } {
	const prompt = text(task, 'prompt');
	const [, face = '', rest = ''] = /^\s*([^,]*?)\s*,\s*(.*)$/s.exec(prompt) ?? [];
	return task.account.identities.has(face) ? { face, rest } : { rest: prompt };
}

function checkGif(target: Upload | undefined): void {
	if (target && isGif(target) && target.size > MAX_GIF_BYTES) {
		throw new BotRefusal(botWords.gifTooLarge);
	}
}

function defaultIdentity({ account }: Task): Identity | undefined {
	const name = account.identities.default;
	return name === undefined ? undefined : account.identities.find(name);
}

const plain = async ({ resultSize }: Task) => await plainPicture(resultSize);

const text = ({ form }: Task, name: string) => form.texts.get(name) ?? '';

const upload = ({ form }: Task, name: string) => form.files.get(name)?.data;
