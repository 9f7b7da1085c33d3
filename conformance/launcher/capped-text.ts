const KEPT_EACH_END = 2 * 1024 * 1024;

/** Text that arrives in pieces, of which the first and the last 2 MiB are kept: the counterpart of `LogFile` for a stream. */
export class CappedText {
  #head = '';
  #tail: string[] = [];
  #tailLength = 0;
  #leftOut = 0;

  append(piece: string): void {
    const room = KEPT_EACH_END - this.#head.length;
    this.#head += piece.slice(0, room);
    const rest = piece.slice(room);
    if (rest === '') return;
    this.#tail.push(rest);
    this.#tailLength += rest.length;
    while (this.#tailLength - (this.#tail[0]?.length ?? 0) >= KEPT_EACH_END) {
      const dropped = this.#tail.shift()?.length ?? 0;
      this.#tailLength -= dropped;
      this.#leftOut += dropped;
    }
  }

  text(): string {
    const note = this.#leftOut > 0 ? `\n[… ${this.#leftOut} characters left out …]\n` : '';
    return `${this.#head}${note}${this.#tail.join('')}`;
  }
}
