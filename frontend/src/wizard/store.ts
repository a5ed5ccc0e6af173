import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";
import { DEFAULT_OPTIONS, type Options } from "./request";

/** What survives a reload of the wizard but is too long or too plain for the address. Secrets are never kept. */
interface Draft {
  /** Of the devices that were chosen or left out one by one, so that the page can say which. */
  names: Record<string, string>;
  /** Lists of single devices that are too long for the address, which then says that they are kept here. */
  only: readonly string[];
  without: readonly string[];
  /** Of a login that is typed. */
  username: string;
  options: Options;
  named: (id: string, name: string) => void;
  keep: (lists: Partial<Pick<Draft, "only" | "without">>) => void;
  setUsername: (username: string) => void;
  setOptions: (options: Partial<Options>) => void;
  reset: () => void;
}

const NOTHING = { names: {}, only: [], without: [], username: "", options: DEFAULT_OPTIONS };

export const useDraft = create<Draft>()(
  persist(
    (set) => ({
      ...NOTHING,
      named: (id, name) => set(({ names }) => ({ names: { ...names, [id]: name } })),
      keep: (lists) => set(lists),
      setUsername: (username) => set({ username }),
      setOptions: (options) => set((draft) => ({ options: { ...draft.options, ...options } })),
      reset: () => set(NOTHING),
    }),
    {
      name: "showrun.draft",
      version: 3,
      storage: createJSONStorage(() => sessionStorage),
      partialize: ({ names, only, without, username, options }) => ({
        names,
        only,
        without,
        username,
        options,
      }),
    },
  ),
);
