import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";
import { DEFAULT_OPTIONS, type Options } from "./request";

/** What survives a reload of the wizard but is too long or too plain for the address. Secrets are never kept. */
interface Draft {
  /** Devices left out, with their names, so that the page can say which. */
  excluded: Record<string, string>;
  options: Options;
  toggle: (id: string, name: string) => void;
  exclude: (devices: Record<string, string>) => void;
  clearExcluded: () => void;
  setOptions: (options: Partial<Options>) => void;
  reset: () => void;
}

export const useDraft = create<Draft>()(
  persist(
    (set) => ({
      excluded: {},
      options: DEFAULT_OPTIONS,
      toggle: (id, name) =>
        set(({ excluded }) => {
          const { [id]: was, ...rest } = excluded;
          return { excluded: was === undefined ? { ...rest, [id]: name } : rest };
        }),
      exclude: (devices) => set(({ excluded }) => ({ excluded: { ...excluded, ...devices } })),
      clearExcluded: () => set({ excluded: {} }),
      setOptions: (options) => set((draft) => ({ options: { ...draft.options, ...options } })),
      reset: () => set({ excluded: {}, options: DEFAULT_OPTIONS }),
    }),
    {
      name: "showrun.draft",
      version: 2,
      storage: createJSONStorage(() => sessionStorage),
      partialize: ({ excluded, options }) => ({ excluded, options }),
    },
  ),
);
