/** What others wrote cannot forge a second line of a log. */
export const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');
