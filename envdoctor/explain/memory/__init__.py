"""GPU memory: what out-of-memory messages and logs say, what is to blame, what helps, and how much a model needs.

message.py reads a message, reader.py a text of any size, growth.py a log in which memory grows. arithmetic.py splits
the memory of the GPU into its parts, suspicion.py blames, advice.py knows what helps with which torch, diagnosis.py
makes findings. estimate.py works out what training a model takes; command.py is `envdoctor memory`.
"""
