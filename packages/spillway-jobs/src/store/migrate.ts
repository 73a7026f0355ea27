export declare function migrate(): void;
