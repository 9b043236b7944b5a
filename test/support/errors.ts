/** The message of an error, without the item that it names at its end, with or without its picture. */
export const said = (error: { message: string } | undefined): string | undefined =>
	error && saidIn(error.message);

/** The same for the text of an error. */
export const saidIn = (message: unknown): string =>
	String(message).replace(/ \((?:[^()]*, )?item \d+\)$/, '');
