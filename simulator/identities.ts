import { botWords } from './undocumented';

const MAX_SAVED = 20;
const MAX_MIXED = 3;
const NAME = /^[A-Za-z0-9]{1,10}$/;
const OPTIONS = /^(\s+--?[a-z]+(\s+\d{1,4})?)*$/i;
/** Options of /setid that last for later swaps. The bot takes them without a name. */
const LASTING = ['-f', '-s', '--greedy', '--nogreedy'];

/** The bot refuses a command. The message is its text. */
export class BotRefusal extends Error {}

/** A saved face. It has a picture only if results are drawn. */
export interface Identity {
	name: string;
	picture?: Buffer;
}

/** The faces saved in one channel. */
export class Identities {
	private readonly saved = new Map<string, Identity>();
	private chosen: string | undefined;
	private options: string[] = [];

	/** Saves a face under a name, replaces an earlier one, and makes it the default. */
	save(identity: Identity): void {
		if (!NAME.test(identity.name)) {
			throw new BotRefusal(botWords.invalidName);
		}
		if (!this.saved.has(identity.name) && this.saved.size >= MAX_SAVED) {
			throw new BotRefusal(botWords.tooMany(MAX_SAVED));
		}
		this.saved.set(identity.name, identity);
		this.chosen = identity.name;
	}

	/**
	 * @param expression a name, a list or a mix, as `find` takes it, or lasting options
	 * @throws BotRefusal for both at once
	 */
	setDefault(expression: string): void {
		const words = expression.trim().split(/\s+/);
		const lasting = words.filter((word) => LASTING.includes(word));
		if (lasting.length === 0) {
			this.find(expression);
			this.chosen = expression;
			return;
		}
		if (lasting.length < words.length) throw invalid(expression);
		this.options = withOptions(this.options, lasting);
	}

	delete(name: string): void {
		if (!this.saved.delete(name)) throw notFound(name);
		if (this.chosen && namesIn(this.chosen).includes(name)) this.chosen = this.names()[0];
	}

	clear(): void {
		this.saved.clear();
		this.chosen = undefined;
	}

	has(name: string): boolean {
		return this.saved.has(name);
	}

	names(): string[] {
		return [...this.saved.keys()];
	}

	/** The name, list or mix that commands without a name use. */
	get default(): string | undefined {
		return this.chosen;
	}

	/**
	 * The first face meant by `me`, `me,_,him`, `father+mother` (three at most), each with options
	 * such as ` --oldify 300` after it; undefined if every face is skipped.
	 * @throws BotRefusal for any other form, and for a name that is not saved
	 */
	find(expression: string): Identity | undefined {
		const names = namesIn(expression);
		for (const name of names) {
			if (!this.saved.has(name)) throw notFound(name);
		}
		return this.saved.get(names[0] ?? '');
	}

	describe(): string {
		if (this.saved.size === 0) return botWords.noFaces;
		return botWords.faces(this.names(), this.chosen, this.options);
	}
}

/** Of `--greedy` and `--nogreedy` the later one counts. */
function withOptions(before: string[], added: string[]): string[] {
	const isGreedy = (option: string) => option.endsWith('greedy');
	const kept = added.some(isGreedy) ? before.filter((option) => !isGreedy(option)) : before;
	return [...new Set([...kept, ...added])];
}

const invalid = (expression: string) => new BotRefusal(botWords.invalid(expression));

const notFound = (name: string) => new BotRefusal(botWords.notFound(name));

/** The names in a list or mix, without skipped faces. */
function namesIn(expression: string): string[] {
	const [, list = '', options = ''] = /^(\S*)(.*)$/s.exec(expression.trim()) ?? [];
	const mixes = list.split(',').map((place) => place.split('+'));
	const valid = mixes.every((mix) => mix.length <= MAX_MIXED && isPlace(mix));
	if (!valid || !OPTIONS.test(options)) throw invalid(expression);
	return mixes.flat().filter((name) => name !== '_');
}

function isPlace(mix: readonly string[]): boolean {
	return (mix.length === 1 && mix[0] === '_') || mix.every((name) => NAME.test(name));
}
