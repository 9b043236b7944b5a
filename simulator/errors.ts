/** A refusal in the API's words; the server answers it as `{error, code}`. */
export class ApiError extends Error {
	/** @param status HTTP status, also the `code` of the body */
	constructor(
		readonly status: number,
		message: string,
	) {
		super(message);
	}
}

export const badRequest = (message: string) => new ApiError(400, message);

export const missingParam = (name: string) =>
	badRequest(`Required param ${name} is missing or empty`);
