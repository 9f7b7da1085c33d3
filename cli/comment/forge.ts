/** Where pull requests are. */
export const FORGES = ['github', 'gitea'] as const;
export type Forge = (typeof FORGES)[number];
export const isForge = (text: string): text is Forge => (FORGES as readonly string[]).includes(text);

export type PullRequest = { readonly owner: string; readonly repository: string; readonly number: number };

export type ForgeComment = { readonly id: number; readonly body: string };
/** Comments of one pull request. Every method rejects when the forge refuses or does not answer. */
export type Comments = {
  /** Oldest first, all pages. */
  list(): Promise<readonly ForgeComment[]>;
  create(body: string): Promise<void>;
  /** False: it is not ours to edit, or gone. */
  edit(id: number, body: string): Promise<boolean>;
};
