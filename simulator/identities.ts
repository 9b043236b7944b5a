const MAX_SAVED = 20;
const MAX_MIXED = 3;
const NAME = /^[A-Za-z0-9]{1,10}$/;
const OPTIONS = /^(\s+--?[a-z]+(\s+\d{1,4})?)*$/i;

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

	/** Saves a face under a name, replaces an earlier one, and makes it the default. */
	save(identity: Identity): void {
		if (!NAME.test(identity.name)) {
			throw new BotRefusal('idname must be letters and digits, at most 10 characters');
		}
		if (!this.saved.has(identity.name) && this.saved.size >= MAX_SAVED) {
			throw new BotRefusal(`no more than ${MAX_SAVED} idnames can be saved`);
		}
		this.saved.set(identity.name, identity);
		this.chosen = identity.name;
	}

	/** @param expression a name, a list or a mix, as `find` takes it */
	setDefault(expression: string): void {
		this.find(expression);
		this.chosen = expression;
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

	/** The bot's list. Its real wording is not documented; this form is assumed. */
	describe(): string {
		if (this.saved.size === 0) return 'No idname found';
		return `Default idname: ${this.chosen}\nAll idnames: ${this.names().join(', ')}`;
	}
}

const notFound = (name: string) => new BotRefusal(`idname ${name} not found`);

/** The names in a list or mix, without skipped faces. */
function namesIn(expression: string): string[] {
	const [, list = '', options = ''] = /^(\S*)(.*)$/s.exec(expression.trim()) ?? [];
	const mixes = list.split(',').map((place) => place.split('+'));
	const valid = mixes.every((mix) => mix.length <= MAX_MIXED && isPlace(mix));
	if (!valid || !OPTIONS.test(options)) throw new BotRefusal(`invalid idname ${expression}`);
	return mixes.flat().filter((name) => name !== '_');
}

function isPlace(mix: readonly string[]): boolean {
	return (mix.length === 1 && mix[0] === '_') || mix.every((name) => NAME.test(name));
}
