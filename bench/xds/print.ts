/** Takes lines of a report in Markdown. */
export type Print = (text: string) => void;
